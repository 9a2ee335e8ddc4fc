; SPDX-License-Identifier: Apache-2.0
;
; One line in notes.ini: DOAP_App_Path=doap.db. The file is in whatever character set the server has, so nothing of it
; is read as text and written back. To look for the line, each byte becomes the letter of its number (ISO-8859-1). The
; line is appended, with the line ending that the file has; a file whose last line has none stays such a file.

!define VARIABLE "DOAP_App_Path"
!define LINE "DOAP_App_Path=doap.db"
!define LATIN1 28591

Var IniSize   ; in bytes
Var IniBytes  ; memory with the file
Var IniText   ; memory with the same as text, so that byte N is letter N
Var LineStart ; of the variable, in bytes; nothing when there is none
Var LineEnd   ; past its line ending
Var LineText  ; without it

!macro NotesIniFunctions un
; Reads the file. $1 is the Windows error, -1 for a file that is no text in a Domino character set, or 0.
Function ${un}ReadIni
	StrCpy $0 $Ini
	System::Call 'kernel32::CreateFileW(w r0, i 0x80000000, i 7, p 0, i 3, i 0, p 0) p .r2 ?e'
	Pop $1
	${If} $2 P= -1
		Return
	${EndIf}
	StrCpy $1 0
	System::Call 'kernel32::GetFileSize(p r2, p 0) i .r3'
	IntOp $4 $3 + 2
	System::Alloc $4
	Pop $5
	IntOp $4 $4 * 2
	System::Alloc $4
	Pop $6
	System::Call 'kernel32::ReadFile(p r2, p r5, i r3, *i .r4, p 0) i .r7 ?e'
	Pop $8
	System::Call 'kernel32::CloseHandle(p r2)'
	${If} $7 = 0
	${OrIf} $4 <> $3
		StrCpy $1 $8
		Return
	${EndIf}
	${If} $3 > 0
		System::Call 'kernel32::MultiByteToWideChar(i ${LATIN1}, i 0, p r5, i r3, p r6, i r3) i .r7'
		System::Call 'kernel32::lstrlenW(p r6) i .r8' ; ends at a zero, as in UTF-16
		${If} $7 <> $3
		${OrIf} $8 <> $3
			StrCpy $1 -1
			Return
		${EndIf}
	${EndIf}
	StrCpy $IniSize $3
	StrCpy $IniBytes $5
	StrCpy $IniText $6
	Call ${un}FindLine
FunctionEnd

; Looks for VARIABLE at the start of a line and before a =, in any case, with blanks around it, as ndoap reads it.
Function ${un}FindLine
	StrCpy $LineStart ""
	StrCpy $1 $IniText
	StrCpy $8 "${VARIABLE}"
	${Do}
		System::Call 'shlwapi::StrStrIW(p r1, w r8) p .r2'
		${If} $2 P= 0
			StrCpy $1 0
			Return
		${EndIf}
		; Before it: blanks, and then the end of a line, the start of the file, or its byte order mark.
		StrCpy $3 $2
		${Do}
			IntPtrOp $4 $3 - $IniText
			IntOp $4 $4 / 2
			${If} $4 = 0
				StrCpy $5 10
				${ExitDo}
			${EndIf}
			IntPtrOp $6 $3 - 2
			System::Call '*$6(&i2 .r5)'
			IntOp $5 $5 & 0xff
			${If} $5 <> 32
			${AndIf} $5 <> 9
				${ExitDo}
			${EndIf}
			StrCpy $3 $6
		${Loop}
		${If} $4 = 3
		${AndIf} $5 = 0xbf
			System::Call '*$IniText(&i2 .r5)'
			IntOp $5 $5 & 0xff
			${If} $5 = 0xef
				StrCpy $5 10
			${EndIf}
		${EndIf}
		; After it: blanks, and =.
		StrLen $6 $8
		IntOp $6 $6 * 2
		IntPtrOp $1 $2 + $6
		StrCpy $6 $1
		${Do}
			System::Call '*$6(&i2 .r7)'
			IntPtrOp $6 $6 + 2
		${LoopWhile} $7 = 32
		${If} $7 = 61
			${If} $5 = 10
			${OrIf} $5 = 13
				${ExitDo}
			${EndIf}
		${EndIf}
	${Loop}
	StrCpy $LineStart $4
	; Its end.
	StrCpy $6 $3
	StrCpy $5 0
	${Do}
		System::Call '*$6(&i2 .r7)'
		${If} $7 = 0
		${OrIf} $7 = 10
		${OrIf} $7 = 13
			${ExitDo}
		${EndIf}
		IntOp $5 $5 + 1
		IntPtrOp $6 $6 + 2
	${Loop}
	IntOp $LineEnd $LineStart + $5
	IntOp $5 $5 + 1
	${If} $5 > 1000 ; what a variable of NSIS can hold is 1024
		StrCpy $5 1000
	${EndIf}
	System::Call 'kernel32::lstrcpynW(w .r8, p r3, i r5)'
	StrCpy $LineText $8
	${If} $7 = 13
		IntOp $LineEnd $LineEnd + 1
		IntPtrOp $6 $6 + 2
		System::Call '*$6(&i2 .r7)'
	${EndIf}
	${If} $7 = 10
		IntOp $LineEnd $LineEnd + 1
	${EndIf}
	StrCpy $1 0
FunctionEnd

; Sets $1 to letter $0 of the file, counted from 0.
Function ${un}Letter
	IntOp $1 $0 * 2
	IntPtrOp $1 $1 + $IniText
	System::Call '*$1(&i2 .r1)'
FunctionEnd
!macroend
!insertmacro NotesIniFunctions ""
!insertmacro NotesIniFunctions un.

Function CheckIni
	Call ReadIni
	${If} $1 = -1
		${Fail} ${EXIT_NOTES_INI} "$Ini is not in a character set of Domino (is it UTF-16?). Save it as it was, and run this again."
	${EndIf}
	${If} $1 <> 0
		${Fail} ${EXIT_NOTES_INI} "$Ini cannot be read (Windows error $1): another program has it open, or this account may not."
	${EndIf}
	StrCpy $0 $Ini
	Call TryToWrite
	${If} $1 <> 0
		${Fail} ${EXIT_NOTES_INI} "$Ini cannot be written (Windows error $1): it is read-only, another program has it open, or this account may not."
	${EndIf}
FunctionEnd

; Appends the line, unless the variable is there, whatever its value.
Function AddLine
	Call ReadIni
	${If} $1 <> 0
		${Fail} ${EXIT_NOTES_INI} "$Ini cannot be read (Windows error $1)."
	${EndIf}
	${If} $LineStart != ""
		${Log} "$Ini has this line already and stays as it is: $LineText"
		Return
	${EndIf}
	Push "$Ini.ndoap-backup"
	Call MakeRoom
	StrCpy $0 $Ini
	StrCpy $1 "$Ini.ndoap-backup"
	System::Call 'kernel32::CopyFileW(w r0, w r1, i 1) i .r2 ?e'
	Pop $3
	${If} $2 = 0
		${Fail} ${EXIT_NOTES_INI} "The backup $1 cannot be written (Windows error $3): the disk is full, or this account may not."
	${EndIf}
	; The line ending: that of the first line.
	StrCpy $3 "$\r$\n"
	StrCpy $4 "$\n"
	System::Call 'shlwapi::StrStrW(p $IniText, w r4) p .r5'
	${If} $5 P<> 0
		IntPtrOp $6 $5 - $IniText
		IntOp $0 $6 / 2
		${If} $0 = 0
			StrCpy $3 $4
		${Else}
			IntOp $0 $0 - 1
			Call Letter
			${If} $1 <> 13
				StrCpy $3 $4
			${EndIf}
		${EndIf}
	${EndIf}
	StrCpy $5 "${LINE}$3"
	${If} $IniSize > 3 ; more than a byte order mark
		IntOp $0 $IniSize - 1
		Call Letter
		${If} $1 <> 10
		${AndIf} $1 <> 13
			StrCpy $5 "$3${LINE}"
		${EndIf}
	${EndIf}
	Push $IniSize
	Push truncate
	ClearErrors
	FileOpen $6 "$Ini" a
	FileSeek $6 0 END
	FileWrite $6 "$5"
	FileClose $6
	${If} ${Errors}
		${Fail} ${EXIT_NOTES_INI} "$Ini cannot be written: the disk is full, or another program has it open."
	${EndIf}
	${Log} "Added to $Ini: ${LINE}"
FunctionEnd

; SIZE TruncateIni: cuts what was appended. That needs no space on the disk.
Function TruncateIni
	Exch $0
	Push $1
	Push $2
	Push $3
	StrCpy $1 $Ini
	System::Call 'kernel32::CreateFileW(w r1, i 0x40000000, i 7, p 0, i 3, i 0, p 0) p .r2'
	System::Call 'kernel32::SetFilePointer(p r2, i r0, p 0, i 0)'
	System::Call 'kernel32::SetEndOfFile(p r2) i .r3'
	System::Call 'kernel32::CloseHandle(p r2)'
	${If} $3 = 0
		SetErrors
	${EndIf}
	Pop $3
	Pop $2
	Pop $1
	Pop $0
FunctionEnd
