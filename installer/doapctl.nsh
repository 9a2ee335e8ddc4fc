; SPDX-License-Identifier: Apache-2.0
;
; Running doapctl.exe and reading what it says. What it writes is UTF-8, which nsExec takes for the characters of the
; system's code page: a path with Japanese letters could not be read. So its output goes to a file of ours.

; Runs the command line $1. $0 is the exit code, or "error N" when it did not start; $2 is the first 900 letters it said.
Function RunDoapctl
	StrCpy $2 "$PLUGINSDIR\doapctl"
	System::Call '*(i 12, p 0, i 1) p .r3' ; SECURITY_ATTRIBUTES: the handle is inherited
	; GENERIC_READ|GENERIC_WRITE, share all, CREATE_ALWAYS
	System::Call 'kernel32::CreateFileW(w r2, i 0xC0000000, i 7, p r3, i 2, i 0, p 0) p .r4'
	; STARTUPINFOW, with STARTF_USESTDHANDLES; PROCESS_INFORMATION
	System::Call '*(i 68, p, p, p, i, i, i, i, i, i, i, i 0x100, i, p, p 0, p r4, p r4) p .r5'
	System::Call '*(p, p, i, i) p .r6'
	; CREATE_NO_WINDOW
	System::Call 'kernel32::CreateProcessW(p 0, w r1, p 0, p 0, i 1, i 0x08000000, p 0, p 0, p r5, p r6) i .r7 ?e'
	Pop $0
	${If} $7 = 0
		StrCpy $0 "error $0"
		StrCpy $2 ""
	${Else}
		System::Call '*$6(p .r7, p .r8)'
		System::Call 'kernel32::WaitForSingleObject(p r7, i -1)'
		System::Call 'kernel32::GetExitCodeProcess(p r7, *i .r0)'
		System::Call 'kernel32::CloseHandle(p r7)'
		System::Call 'kernel32::CloseHandle(p r8)'
		Call ReadSaid
	${EndIf}
	System::Call 'kernel32::CloseHandle(p r4)'
	System::Free $3
	System::Free $5
	System::Free $6
FunctionEnd

; Sets $2 to the beginning of the file $4, from UTF-8.
Function ReadSaid
	System::Alloc 901
	Pop $7
	System::Call 'kernel32::SetFilePointer(p r4, i 0, p 0, i 0)'
	System::Call 'kernel32::ReadFile(p r4, p r7, i 900, *i .r8, p 0)'
	StrCpy $2 ""
	${If} $8 > 0
		System::Call 'kernel32::MultiByteToWideChar(i 65001, i 0, p r7, i r8, w .r2, i 901)'
	${EndIf}
	System::Free $7
FunctionEnd
