; SPDX-License-Identifier: Apache-2.0
;
; Files written first are taken back when a later step fails. Each step leaves on the stack what takes it back, an
; argument and a verb, so that the last step is taken back first:
;
;   PATH delete         a file that is new
;   PATH restore        a file that was there: PATH.ndoap-old is its old self
;   PATH rmdir          a directory that is new
;   SIZE truncate       notes.ini had this size
;   KEY unregister      a registry key that is new
;   VERSION version     the version that the registry key had
;
; A file is never written over: the old one is moved aside, and deleted when all is done.
;
;   ${Install} SOURCE PATH   a file of the stage
;   ${Directory} PATH        a directory, unless it is there
;   ${Step} N                a place where /FAILAT=N fails, in the build for tests

!ifdef FAILING_STEPS
	Var FailAt
!endif

!macro Step number
	!ifdef FAILING_STEPS
		${If} $FailAt == ${number}
			${Fail} ${EXIT_FILES} "Step ${number} fails, as it was told to."
		${EndIf}
	!endif
!macroend
!define Step "!insertmacro Step"

!macro Install source path
	Push "${path}"
	Call MakeRoom
	ClearErrors
	File "/oname=${path}" "${STAGE}/${source}"
	${If} ${Errors}
		${Fail} ${EXIT_FILES} "${path} cannot be written: the disk is full, or this account may not."
	${EndIf}
!macroend
!define Install "!insertmacro Install"

!macro Directory path
	${IfNot} ${FileExists} "${path}\*.*"
		ClearErrors
		CreateDirectory "${path}"
		${If} ${Errors}
			${Fail} ${EXIT_FILES} "The directory ${path} cannot be created: the disk is full, or this account may not."
		${EndIf}
		Push "${path}"
		Push rmdir
	${EndIf}
!macroend
!define Directory "!insertmacro Directory"

Function BeginUndo
	Push ""
	Push begin
FunctionEnd

; PATH MakeRoom: afterwards there is no file of that name, and the stack knows how to get back.
Function MakeRoom
	Pop $0
	${If} ${FileExists} "$0"
		Delete "$0.ndoap-old" ; of an installation that the power failed
		ClearErrors
		Rename "$0" "$0.ndoap-old"
		${If} ${Errors}
			${Fail} ${EXIT_FILES} "$0 cannot be replaced: another program has it open, or this account may not."
		${EndIf}
		Push "$0"
		Push restore
	${Else}
		Push "$0"
		Push delete
	${EndIf}
FunctionEnd

Function TakeBack
	${Log} "Taking back what was done:"
	${Do}
		Pop $0
		Pop $1
		ClearErrors
		${Select} $0
		${Case} begin
			${ExitDo}
		${Case} delete
			${If} ${FileExists} "$1"
				Delete "$1"
			${EndIf}
		${Case} restore
			Delete "$1"
			ClearErrors
			Rename "$1.ndoap-old" "$1"
		${Case} rmdir
			RMDir "$1"
		${Case} truncate
			Push $1
			Call TruncateIni
		${Case} unregister
			SetRegView ${BITS}
			ReadRegStr $2 HKLM "$1" DisplayName
			${If} ${Errors} ; not even its first value could be written
				ClearErrors
			${Else}
				DeleteRegKey HKLM "$1"
			${EndIf}
		${Case} version
			SetRegView ${BITS}
			WriteRegStr HKLM $Key DisplayVersion "$1"
		${CaseElse}
			${ExitDo} ; failed before the mark
		${EndSelect}
		${If} ${Errors}
			${Log} "$0 $1: not possible. Do it by hand."
		${Else}
			${Log} "$0 $1"
		${EndIf}
	${Loop}
FunctionEnd

; What was moved aside is no longer needed.
Function Commit
	${Do}
		Pop $0
		Pop $1
		${If} $0 == restore
			ClearErrors
			Delete "$1.ndoap-old"
			${If} ${Errors}
				${Log} "$1.ndoap-old is left over and cannot be deleted now; delete it later."
			${EndIf}
		${EndIf}
	${LoopUntil} $0 == begin
FunctionEnd
