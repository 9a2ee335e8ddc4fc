; SPDX-License-Identifier: Apache-2.0
;
; The log and the end with a reason, for the installer and for the uninstaller.
;
;   ${Log} TEXT         a line in the log, and on the page
;   ${Fail} CODE TEXT   ends with this exit code and sentence: on a page it is shown and the page stays
;
; The log is UTF-16, since paths may have letters of any language. It is written to a folder of our own and copied at
; the end: to /LOG=, or to ndoap-install.log in the data directory, or, where that cannot be, in TEMP.

Var LogFile    ; /LOG=
Var LogHandle
Var Code       ; the exit code, when something failed
Var Failure    ; the sentence for it

!macro Log text
	DetailPrint "${text}"
	FileWriteUTF16LE $LogHandle "${text}$\r$\n"
!macroend
!define Log "!insertmacro Log"

!macro Fail code text
	StrCpy $Code ${code}
	StrCpy $Failure "${text}"
	!ifdef __UNINSTALL__
		Call un.Complain
	!else
		Call Complain
	!endif
	Abort
!macroend
!define Fail "!insertmacro Fail"

!macro LogFunctions un
Function ${un}OpenLog
	InitPluginsDir
	FileOpen $LogHandle "$PLUGINSDIR\log" w
	FileWriteUTF16LE /BOM $LogHandle ""
FunctionEnd

Function ${un}Complain
	${Log} "$Failure"
	${Log} "Exit code $Code"
	SetErrorLevel $Code
	Call ${un}SaveLog
	MessageBox MB_OK|MB_ICONEXCLAMATION "$Failure" /SD IDOK
FunctionEnd

Function ${un}SaveLog
	Push $0
	Push $1
	Push $2
	StrCpy $0 $LogFile
	${If} $0 == ""
	${AndIf} ${FileExists} "$Data\*.*"
		StrCpy $0 "$Data\ndoap-install.log"
	${EndIf}
	StrCpy $1 "$PLUGINSDIR\log"
	System::Call 'kernel32::CopyFileW(w r1, w r0, i 0) i .r2'
	${If} $2 = 0
		StrCpy $0 "$TEMP\ndoap-install.log"
		System::Call 'kernel32::CopyFileW(w r1, w r0, i 0)'
	${EndIf}
	Pop $2
	Pop $1
	Pop $0
FunctionEnd
!macroend
!insertmacro LogFunctions ""
!insertmacro LogFunctions un.
