; SPDX-License-Identifier: Apache-2.0
;
; Everything that can be known before anything is changed. Each refusal says what to do.

Function Check
	Call CheckPlaces
	Call CheckArchitecture
	Call CheckInstalled
	StrCpy $0 "$Program\ndoap.dll"
	Call CheckWritable
	StrCpy $0 "$Program\doapctl.exe"
	Call CheckWritable
	Call CheckIni
FunctionEnd

Function CheckPlaces
	StrCpy $0 $Program
	Call CheckAbsolute
	StrCpy $0 $Data
	Call CheckAbsolute
	StrCpy $0 $Program
	Call FindExecutable
	${If} $1 == ""
		${Fail} ${EXIT_NOT_DOMINO} "$Program is not the program directory of a Domino server: neither nserver.exe nor nhttp.exe is there."
	${EndIf}
	${IfNot} ${FileExists} "$Data\*.*"
		${Fail} ${EXIT_NOT_DOMINO} "The data directory $Data does not exist."
	${EndIf}
	; A partition has its settings in the data directory, a single server in the program directory.
	StrCpy $Ini "$Data\notes.ini"
	${IfNot} ${FileExists} "$Ini"
		StrCpy $Ini "$Program\notes.ini"
	${EndIf}
	${IfNot} ${FileExists} "$Ini"
		${Fail} ${EXIT_NOT_DOMINO} "There is no notes.ini in $Data nor in $Program: is the server set up?"
	${EndIf}
FunctionEnd

Function CheckAbsolute
	StrCpy $1 $0 1 1
	StrCpy $2 $0 2
	${If} $1 != ":"
	${AndIf} $2 != "\\"
		${Fail} ${EXIT_COMMAND_LINE} "$0 is not a complete path: begin with a drive letter, such as D:\Domino\Data."
	${EndIf}
	StrLen $1 $0
	${If} $1 > 200
		${Fail} ${EXIT_COMMAND_LINE} "$0 is too long: 200 letters are the most."
	${EndIf}
FunctionEnd

; The machine field of the server's program decides; Windows of 64 bits runs servers of both kinds.
Function CheckArchitecture
	StrCpy $0 $Program
	Call FindExecutable
	Call ReadMachine
	${If} $2 = ${MACHINE}
		Return
	${EndIf}
	${If} $2 = ${OTHER_MACHINE}
		${Fail} ${EXIT_ARCHITECTURE} "The Domino server in $Program is not of ${BITS} bits. Use ndoap-${VERSION}-${OTHER_ARCH}-setup.exe."
	${EndIf}
	${Fail} ${EXIT_NOT_DOMINO} "$1 is not a program for x64 or x86, so it is not known what this Domino server runs."
FunctionEnd

; Sets $2 to the machine field in the PE header of the file $1, or to 0.
Function ReadMachine
	StrCpy $2 0
	ClearErrors
	FileOpen $3 "$1" r
	${If} ${Errors}
		Return
	${EndIf}
	FileSeek $3 0x3c
	Call ReadWord
	FileSeek $3 $4
	Call ReadWord
	${If} $4 = 0x4550 ; "PE"
		FileReadByte $3 $5
		FileReadByte $3 $5
		Call ReadWord
		${IfNot} ${Errors}
			StrCpy $2 $4
		${EndIf}
	${EndIf}
	FileClose $3
FunctionEnd

; Sets $4 to the next two bytes of the file $3. The header is within the first 64 KB.
Function ReadWord
	StrCpy $5 0
	FileReadByte $3 $4
	FileReadByte $3 $5
	IntOp $5 $5 * 256
	IntOp $4 $4 + $5
FunctionEnd

; What is there already: another product of this name (DOAP's library has it), or a newer version.
Function CheckInstalled
	StrCpy $0 "$Program\ndoap.dll"
	${IfNot} ${FileExists} "$0"
		Return
	${EndIf}
	Call ReadProductName
	${If} $1 != ndoap
		${Fail} ${EXIT_FOREIGN} "$0 is of another product. Remove that first: take it out of the Server or Web Site document, type 'tell http quit', and move the file away."
	${EndIf}
	GetDLLVersion "$0" $1 $2
	; a.b as one number, c.0 as another, unsigned
	!searchparse "${NUMBERS}" "" MAJOR "." MINOR "." PATCH ".0"
	!define /math HIGH ${MAJOR} * 65536
	!define /redef /math HIGH ${HIGH} + ${MINOR}
	!define /math LOW ${PATCH} * 65536
	IntCmpU $1 ${HIGH} same older newer
same:
	IntCmpU $2 ${LOW} older older newer
newer:
	${If} $Force == 1
		${Log} "A newer version is installed and is replaced, as /FORCE says."
		Return
	${EndIf}
	${Fail} ${EXIT_NEWER} "A newer version than ${VERSION} is installed, and an older one may refuse its database. To replace it nevertheless, restore the backup of the database and use /FORCE."
older:
FunctionEnd

; Sets $1 to the ProductName in the version resource of the file $0, or to nothing.
Function ReadProductName
	StrCpy $1 ""
	System::Call 'version::GetFileVersionInfoSizeW(w r0, *i) i .r2'
	${If} $2 = 0
		Return
	${EndIf}
	System::Alloc $2
	Pop $3
	System::Call 'version::GetFileVersionInfoW(w r0, i 0, i r2, p r3) i .r4'
	${If} $4 <> 0
		System::Call 'version::VerQueryValueW(p r3, w "\StringFileInfo\040904B0\ProductName", *p .r4, *i .r5) i .r6'
		${If} $6 <> 0
		${AndIf} $5 > 1
		${AndIf} $5 < 100
			System::Call 'kernel32::lstrcpynW(w .r1, p r4, i r5)'
		${EndIf}
	${EndIf}
	System::Free $3
FunctionEnd

; The file $0, if it is there, can be replaced: Windows lets nobody write to a program that runs.
Function CheckWritable
	${IfNot} ${FileExists} "$0"
		Return
	${EndIf}
	Call TryToWrite
	${If} $1 = 32   ; ERROR_SHARING_VIOLATION
	${OrIf} $1 = 33 ; ERROR_LOCK_VIOLATION
	${OrIf} $1 = 1224 ; ERROR_USER_MAPPED_FILE
		${If} $0 == "$Program\ndoap.dll"
			${Fail} ${EXIT_IN_USE} "The HTTP task of Domino has $0 open. ${HTTP_QUIT}"
		${EndIf}
		${Fail} ${EXIT_IN_USE} "$0 is running. Let it end, and run this again."
	${EndIf}
	${If} $1 <> 0
		${Fail} ${EXIT_FILES} "$0 cannot be written (Windows error $1): it is read-only, or this account may not."
	${EndIf}
FunctionEnd

!macro TryToWriteFunction un
; Sets $1 to the Windows error of opening the file $0 for writing, or to 0.
Function ${un}TryToWrite
	; GENERIC_READ|GENERIC_WRITE, share all, OPEN_EXISTING
	System::Call 'kernel32::CreateFileW(w r0, i 0xC0000000, i 7, p 0, i 3, i 0, p 0) p .r2 ?e'
	Pop $1
	${If} $2 P<> -1
		System::Call 'kernel32::CloseHandle(p r2)'
		StrCpy $1 0
	${EndIf}
FunctionEnd
!macroend
!insertmacro TryToWriteFunction ""
!insertmacro TryToWriteFunction un.
