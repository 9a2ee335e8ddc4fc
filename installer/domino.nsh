; SPDX-License-Identifier: Apache-2.0
;
; Which server: HKLM\SOFTWARE\Lotus\Domino, values Path and DataPath, in the registry of 64-bit and of 32-bit programs.
; Partitions are looked for in its subkeys; one without a Path of its own has that of the key above. What /PROGRAM= and
; /DATA= say restricts the choice; both together need no registry.

!define DOMINO_KEY "SOFTWARE\Lotus\Domino"

Var Servers       ; one line for each server found, as it would be given: /PROGRAM="..." /DATA="..."
Var ServerCount

Function NormaliseGiven
	StrCpy $0 $GivenProgram
	Call WithoutBackslash
	StrCpy $GivenProgram $0
	StrCpy $0 $GivenData
	Call WithoutBackslash
	StrCpy $GivenData $0
FunctionEnd

; Sets $Program and $Data.
Function Choose
	Call NormaliseGiven
	${If} $GivenProgram != ""
	${AndIf} $GivenData != ""
		StrCpy $Program $GivenProgram
		StrCpy $Data $GivenData
		Return
	${EndIf}
	Call FindServers
	${If} $ServerCount = 0
		${If} "$GivenProgram$GivenData" != ""
			${Fail} ${EXIT_NO_DOMINO} "The registry (HKLM\${DOMINO_KEY}) knows no Domino server with /PROGRAM=$\"$GivenProgram$\" /DATA=$\"$GivenData$\". Give both directories: /PROGRAM= and /DATA=."
		${EndIf}
		${Fail} ${EXIT_NO_DOMINO} "No Domino server was found in the registry (HKLM\${DOMINO_KEY}). If there is one, say where: /PROGRAM=$\"program directory$\" /DATA=$\"data directory$\"."
	${EndIf}
	${If} $ServerCount > 1
		${Fail} ${EXIT_SEVERAL} "This machine has $ServerCount Domino servers. Choose one with these parameters:$\r$\n$Servers"
	${EndIf}
FunctionEnd

; Sets $Servers and $ServerCount; $Program and $Data are those of the last one.
Function FindServers
	StrCpy $Servers ""
	StrCpy $ServerCount 0
	${If} ${RunningX64}
		SetRegView 64
		Call FindInView
	${EndIf}
	SetRegView 32
	Call FindInView
FunctionEnd

Function FindInView
	ReadRegStr $R0 HKLM "${DOMINO_KEY}" Path
	ReadRegStr $R1 HKLM "${DOMINO_KEY}" DataPath
	Call Found
	StrCpy $R2 $R0 ; what partitions inherit
	StrCpy $R3 0
	${Do}
		EnumRegKey $R4 HKLM "${DOMINO_KEY}" $R3
		${If} $R4 == ""
			${ExitDo}
		${EndIf}
		ReadRegStr $R0 HKLM "${DOMINO_KEY}\$R4" Path
		ReadRegStr $R1 HKLM "${DOMINO_KEY}\$R4" DataPath
		${If} $R0 == ""
			StrCpy $R0 $R2
		${EndIf}
		Call Found
		IntOp $R3 $R3 + 1
	${Loop}
FunctionEnd

; $R0 and $R1 are the directories of a server. Counts it, unless it is unwanted, gone, or known by another key.
Function Found
	StrCpy $0 $R1
	Call WithoutBackslash
	StrCpy $R1 $0
	StrCpy $0 $R0
	Call WithoutBackslash
	StrCpy $R0 $0
	${If} $R0 == ""
	${OrIf} $R1 == ""
		Return
	${EndIf}
	${If} $GivenProgram != ""
	${AndIf} $GivenProgram != $R0
		Return
	${EndIf}
	${If} $GivenData != ""
	${AndIf} $GivenData != $R1
		Return
	${EndIf}
	Call FindExecutable
	${If} $1 == ""
		${Log} "The registry names $R0, but no server is there."
		Return
	${EndIf}
	StrCpy $2 '/PROGRAM="$R0" /DATA="$R1"$\r$\n'
	${StrLoc} $3 "$Servers" "$2" ">"
	${If} $3 == ""
		StrCpy $Servers "$Servers$2"
		IntOp $ServerCount $ServerCount + 1
		StrCpy $Program $R0
		StrCpy $Data $R1
		${Log} "Found: $R0, data in $R1"
	${EndIf}
FunctionEnd

; $0 is a program directory. Sets $1 to one of its files that only a server's has, or to nothing.
Function FindExecutable
	StrCpy $1 "$0\nserver.exe"
	${If} ${FileExists} "$1"
		Return
	${EndIf}
	StrCpy $1 "$0\nhttp.exe"
	${If} ${FileExists} "$1"
		Return
	${EndIf}
	StrCpy $1 ""
FunctionEnd

; $0 without backslashes at its end, and with Windows' own separators.
Function WithoutBackslash
	${StrRep} $0 "$0" "/" "\"
	${Do}
		StrCpy $1 $0 1 -1
		${If} $1 != "\"
			${ExitDo}
		${EndIf}
		StrCpy $0 $0 -1
	${Loop}
FunctionEnd
