; SPDX-License-Identifier: Apache-2.0
;
; The uninstaller: takes ndoap out of one server (/DATA=, when several share the program directory). The program files
; go with the last of them. Database, configuration and the line in notes.ini stay; /PURGE removes them, too.
;
; Windows runs a copy of it, and the first one ends at once. A script that wants the exit code starts a copy itself:
; copy uninstall.exe elsewhere, and run it with _?=PROGRAM\ndoap as the last parameter.

Var Others ; servers that share the program directory

Function un.onInit
	SetShellVarContext all
	${GetParameters} $0
	ClearErrors
	${GetOptions} $0 "/DATA=" $GivenData
	${GetOptions} $0 "/LOG=" $LogFile
	ClearErrors
	${GetOptions} $0 "/PURGE" $1
	${IfNot} ${Errors}
		StrCpy $Purge 1
	${EndIf}
	Call un.OpenLog
	${Log} "ndoap ${VERSION} for Domino of ${BITS} bits: removal"
	${GetParent} $INSTDIR $Program
	Call un.FindServer
	${If} ${FileExists} "$Program\ndoap.dll"
		StrCpy $0 "$Program\ndoap.dll"
		Call un.TryToWrite
		${If} $1 = 32
		${OrIf} $1 = 1224
			${Fail} ${EXIT_IN_USE} "The HTTP task of Domino has $0 open. Take ndoap out of the Server or Web Site document. ${HTTP_QUIT}"
		${EndIf}
	${EndIf}
	${If} $Others = 0
	${AndIf} ${FileExists} "$Program\doapctl.exe"
		StrCpy $0 "$Program\doapctl.exe"
		Call un.TryToWrite
		${If} $1 = 32
		${OrIf} $1 = 1224
			${Fail} ${EXIT_IN_USE} "$0 is running. Let it end, and run this again."
		${EndIf}
	${EndIf}
FunctionEnd

; Finds the entry under Apps & features; sets $Data, $Ini and $Key, and counts the others of this program directory.
Function un.FindServer
	SetRegView ${BITS}
	StrCpy $Key ""
	StrCpy $R1 0 ; of this program directory
	StrCpy $R2 0 ; of them, the wanted
	StrCpy $R0 0
	${Do}
		EnumRegKey $0 HKLM "${UNINSTALL_KEYS}" $R0
		${If} $0 == ""
			${ExitDo}
		${EndIf}
		IntOp $R0 $R0 + 1
		StrCpy $1 $0 6
		ReadRegStr $2 HKLM "${UNINSTALL_KEYS}\$0" InstallLocation
		ReadRegStr $3 HKLM "${UNINSTALL_KEYS}\$0" DominoData
		${If} $1 == "ndoap "
		${AndIf} $2 == $Program
			IntOp $R1 $R1 + 1
			${If} $GivenData == ""
			${OrIf} $GivenData == $3
				IntOp $R2 $R2 + 1
				StrCpy $Key "${UNINSTALL_KEYS}\$0"
				StrCpy $Data $3
				ReadRegStr $Ini HKLM $Key DominoSettings
			${EndIf}
		${EndIf}
	${Loop}
	${If} $R2 = 0
		${Fail} ${EXIT_NO_DOMINO} "ndoap is not registered for a Domino server in $Program with the data directory '$GivenData'."
	${EndIf}
	${If} $R2 > 1
		${Fail} ${EXIT_SEVERAL} "$R2 Domino servers in $Program have ndoap. Say which one: /DATA=$\"data directory$\"."
	${EndIf}
	IntOp $Others $R1 - 1
FunctionEnd

!macro Remove path
	ClearErrors
	Delete "${path}"
	${If} ${Errors}
		${Fail} ${EXIT_UNINSTALL} "${path} cannot be deleted: another program has it open, or this account may not. Nothing after it was removed; run this again."
	${EndIf}
!macroend
!define Remove "!insertmacro Remove"

Section un.install
	${Log} "Program directory: $Program"
	${Log} "Data directory: $Data"
	; The library first: while it is in use, all the rest is needed.
	${If} $Others = 0
		${Remove} "$Program\ndoap.dll"
		${Remove} "$Program\doapctl.exe"
	${Else}
		${Log} "$Others other servers use the files in $Program; they stay."
	${EndIf}
	${If} $Purge == 1
		Call un.RemoveData
	${Else}
		${Log} "The database and the configuration in $Data stay."
	${EndIf}
	ReadRegDWORD $0 HKLM $Key HarmlessPage
	${If} $0 = 1
		${Remove} "$Data\domino\html\ndoap.html"
	${EndIf}
	${If} $Others = 0
		Delete "$Program\ndoap\docs\adr\*.md"
		Delete "$Program\ndoap\docs\*.md"
		Delete "$Program\ndoap\samples\*.*"
		Delete "$Program\ndoap\*.md"
		Delete "$Program\ndoap\LICENSE"
		RMDir "$Program\ndoap\docs\adr"
		RMDir "$Program\ndoap\docs"
		RMDir "$Program\ndoap\samples"
		${Remove} "$Program\ndoap\uninstall.exe"
		RMDir "$Program\ndoap"
	${EndIf}
	DeleteRegKey HKLM $Key
	${Log} "Removed. Take ndoap out of the field $\"DSAPI filter file names$\", if it is still there."
	SetErrorLevel 0
	Call un.SaveLog
SectionEnd

; What doapctl init and the installer made, by name: a file that is not known is somebody else's.
Function un.RemoveData
	Call un.ReadIni
	${If} $1 <> 0
		${Fail} ${EXIT_NOTES_INI} "$Ini cannot be read (Windows error $1), so the line of ndoap in it cannot be removed."
	${EndIf}
	${If} $LineStart != ""
		${If} $LineText == "${LINE}"
			Call un.RemoveLine
		${Else}
			${Log} "$Ini names a database of another place, which stays, as the line does: $LineText"
		${EndIf}
	${EndIf}
	${Remove} "$Data\doap.db"
	${Remove} "$Data\doap.db-wal"
	${Remove} "$Data\doap.db-shm"
	${Remove} "$Data\doap.db.key"
	${Remove} "$Data\doap.db.key.lost"
	${Remove} "$Data\doapconfig.d\*.json"
	RMDir "$Data\doapconfig.d"
	${Remove} "$Ini.ndoap-backup"
FunctionEnd

; What follows the line is written over it, and the file cut. Nothing grows, so that the disk cannot be too full.
Function un.RemoveLine
	${If} $LineEnd = $IniSize
	${AndIf} $LineStart > 0
		; Without a line ending of its own: the one before it came with it.
		IntOp $0 $LineEnd - 1
		Call un.Letter
		${If} $1 <> 10
		${AndIf} $1 <> 13
			IntOp $0 $LineStart - 1
			Call un.Letter
			${If} $1 = 10
				IntOp $LineStart $LineStart - 1
				IntOp $0 $0 - 1
				Call un.Letter
			${EndIf}
			${If} $1 = 13
				IntOp $LineStart $LineStart - 1
			${EndIf}
		${EndIf}
	${EndIf}
	StrCpy $0 $Ini
	System::Call 'kernel32::CreateFileW(w r0, i 0x40000000, i 1, p 0, i 3, i 0, p 0) p .r2 ?e'
	Pop $1
	${If} $2 P= -1
		${Fail} ${EXIT_NOTES_INI} "$Ini cannot be written (Windows error $1): it is read-only, another program has it open, or this account may not."
	${EndIf}
	IntOp $3 $IniSize - $LineEnd
	IntPtrOp $4 $IniBytes + $LineEnd
	StrCpy $5 $LineStart
	System::Call 'kernel32::SetFilePointer(p r2, i r5, p 0, i 0)'
	System::Call 'kernel32::WriteFile(p r2, p r4, i r3, *i .r6, p 0) i .r7'
	System::Call 'kernel32::SetEndOfFile(p r2) i .r8'
	System::Call 'kernel32::CloseHandle(p r2)'
	${If} $7 = 0
	${OrIf} $8 = 0
	${OrIf} $6 <> $3
		${Fail} ${EXIT_NOTES_INI} "$Ini cannot be written. Compare it with $Ini.ndoap-backup."
	${EndIf}
	${Log} "Removed ${LINE} from $Ini"
FunctionEnd
