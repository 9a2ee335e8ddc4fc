; SPDX-License-Identifier: Apache-2.0
;
; The installer for Domino on Windows. build/installer.sh compiles it twice, once for each architecture of Domino.
;
;   1. Finds the Domino server: the registry, or /PROGRAM= and /DATA= (domino.nsh).
;   2. Checks everything that can be checked before anything is changed: architecture, version, whether the HTTP task
;      has ndoap.dll open, whether notes.ini can be written (checks.nsh).
;   3. Installs files, the line in notes.ini (notesini.nsh) and the entry under Apps & features. Whatever fails, what
;      was done until then is taken back (undo.nsh).
;   4. Says what is left to do in Domino, and offers to run doapctl init (pages.nsh).
;
; The uninstaller (uninstall.nsh) leaves data and configuration unless /PURGE.
;
; Defines: ARCH x64 or x86; VERSION and NUMBERS (four of them); STAGE, the folder of the files to install; OUTPUT;
; SIGN, a command that signs one file. FAILING_STEPS adds /FAILAT=, for the tests of step 3.

Unicode true
RequestExecutionLevel admin
ManifestSupportedOS all
SetCompressor /SOLID lzma
CRCCheck force
SetDateSave off       ; the same sources give the same bytes
SetOverwrite try      ; a file that cannot be written is reported by the script, not by a question
AllowSkipFiles off
XPStyle on
ShowInstDetails show
ShowUninstDetails show

!include MUI2.nsh
!include LogicLib.nsh
!include FileFunc.nsh
!include WordFunc.nsh
!include StrFunc.nsh
!include x64.nsh
!include nsDialogs.nsh
${StrLoc}
${StrRep}

!if ${ARCH} == x64
	!define BITS 64
	!define MACHINE 0x8664      ; IMAGE_FILE_MACHINE_AMD64
	!define OTHER_ARCH x86
	!define OTHER_MACHINE 0x14c ; IMAGE_FILE_MACHINE_I386
!else
	!define BITS 32
	!define MACHINE 0x14c
	!define OTHER_ARCH x64
	!define OTHER_MACHINE 0x8664
!endif

Name "ndoap ${VERSION} (${ARCH})"
OutFile "${OUTPUT}"
BrandingText "ndoap ${VERSION}"
VIProductVersion ${NUMBERS}
VIFileVersion ${NUMBERS}
VIAddVersionKey ProductName ndoap
VIAddVersionKey CompanyName "The ndoap authors"
VIAddVersionKey FileDescription "Installer of ndoap for Domino, ${BITS} bit"
VIAddVersionKey FileVersion ${VERSION}
VIAddVersionKey ProductVersion ${VERSION}
VIAddVersionKey LegalCopyright "The ndoap authors. Apache License 2.0"

!finalize '${SIGN} "%1"'
!uninstfinalize '${SIGN} "%1"'

; What ends an installation, for /S. 1 and 2 are NSIS's own: cancelled, and broken off without a reason given.
!define EXIT_COMMAND_LINE 10
!define EXIT_NO_DOMINO 11
!define EXIT_SEVERAL 12
!define EXIT_NOT_DOMINO 13
!define EXIT_ARCHITECTURE 14
!define EXIT_IN_USE 15
!define EXIT_NEWER 16
!define EXIT_FOREIGN 17
!define EXIT_NOTES_INI 18
!define EXIT_FILES 19
!define EXIT_REGISTRY 20
!define EXIT_UNINSTALL 21

!define UNINSTALL_KEYS "Software\Microsoft\Windows\CurrentVersion\Uninstall"
!define HTTP_QUIT "Type 'tell http quit' on the Domino console, run this again, and then 'load http'."

Var Program       ; Domino's program directory, without a backslash at its end
Var Data          ; Domino's data directory
Var Ini           ; the notes.ini of this server
Var GivenProgram  ; /PROGRAM=
Var GivenData     ; /DATA=
Var Force         ; 1 with /FORCE
Var Key           ; of this pair of directories under Apps & features

!include "${__FILEDIR__}/log.nsh"
!include "${__FILEDIR__}/undo.nsh"
!include "${__FILEDIR__}/domino.nsh"
!include "${__FILEDIR__}/checks.nsh"
!include "${__FILEDIR__}/notesini.nsh"
!include "${__FILEDIR__}/doapctl.nsh"
!include "${__FILEDIR__}/pages.nsh"

Function .onInit
	SetShellVarContext all
	Call ReadOptions
	Call OpenLog
	${Log} "ndoap ${VERSION} for Domino of ${BITS} bits: installation"
	${If} ${Silent}
		Call Choose
		Call Check
	${EndIf}
FunctionEnd

Function ReadOptions
	${GetParameters} $0
	ClearErrors
	${GetOptions} $0 "/PROGRAM=" $GivenProgram
	${GetOptions} $0 "/DATA=" $GivenData
	${GetOptions} $0 "/LOG=" $LogFile
	ClearErrors
	${GetOptions} $0 "/FORCE" $1
	${IfNot} ${Errors}
		StrCpy $Force 1
	${EndIf}
!ifdef FAILING_STEPS
	StrCpy $FailAt ""
	${GetOptions} $0 "/FAILAT=" $FailAt
!endif
	ClearErrors
FunctionEnd

Section
	Call BeginUndo
	${Log} "Program directory: $Program"
	${Log} "Data directory: $Data"
	${Log} "Settings: $Ini"

	; What the server runs.
	${Install} ndoap.dll "$Program\ndoap.dll"
	${Step} 1
	${Install} doapctl.exe "$Program\doapctl.exe"
	${Step} 2

	; What people read. The program directory, since only administrators write there: the uninstaller runs as one.
	${Directory} "$Program\ndoap"
	${Directory} "$Program\ndoap\docs"
	${Directory} "$Program\ndoap\docs\adr"
	${Directory} "$Program\ndoap\samples"
	!include "${STAGE}\files.nsh"
	${Step} 3

	; ndoap maps its pages to this file, so that Domino goes through all its events. Nobody sees it unless something is
	; wrong. An administrator may have made one before.
	${Directory} "$Data\domino"
	${Directory} "$Data\domino\html"
	StrCpy $9 ""
	${IfNot} ${FileExists} "$Data\domino\html\ndoap.html"
		StrCpy $9 1
		${Install} ndoap.html "$Data\domino\html\ndoap.html"
	${EndIf}
	${Step} 4

	Call AddLine
	${Step} 5

	; The uninstaller. WriteUninstaller replaces a file only in part when the disk is full: make room first.
	Push "$Program\ndoap\uninstall.exe"
	Call MakeRoom
	ClearErrors
	WriteUninstaller "$Program\ndoap\uninstall.exe"
	${If} ${Errors}
		${Fail} ${EXIT_FILES} "$Program\ndoap\uninstall.exe cannot be written: the disk is full, or this account may not."
	${EndIf}
	${Step} 6

	Call Register
	${Step} 7
	Call Commit
	${Log} "Installed. Left to do in Domino:"
	${Log} "1. Set ndoap up, unless it was before: $\"$Program\doapctl.exe$\" --data $\"$Data$\" --ini $\"$Ini$\" init --issuer https://HOST/doap"
	${Log} "2. Write ndoap into the field $\"DSAPI filter file names$\" of the Server document (Internet Protocols, HTTP) or of each Web Site document (Configuration)."
	${Log} "3. Restart the HTTP task: tell http quit, load http."
SectionEnd

; Apps & features has one entry for each server on the machine.
Function Register
	Call UninstallKey
	SetRegView ${BITS}
	ReadRegStr $0 HKLM $Key DisplayVersion
	${If} $0 == ""
		Push $Key
		Push unregister
	${Else}
		Push $0
		Push version
	${EndIf}
	ClearErrors
	WriteRegStr HKLM $Key DisplayName "ndoap for Domino ($Data)"
	WriteRegStr HKLM $Key DisplayVersion "${VERSION}"
	WriteRegStr HKLM $Key Publisher "The ndoap authors"
	WriteRegStr HKLM $Key InstallLocation "$Program"
	WriteRegStr HKLM $Key DominoData "$Data"
	WriteRegStr HKLM $Key DominoSettings "$Ini"
	WriteRegStr HKLM $Key UninstallString '"$Program\ndoap\uninstall.exe" /DATA="$Data"'
	WriteRegStr HKLM $Key QuietUninstallString '"$Program\ndoap\uninstall.exe" /S /DATA="$Data"'
	WriteRegDWORD HKLM $Key NoModify 1
	WriteRegDWORD HKLM $Key NoRepair 1
	${If} $9 == 1
		WriteRegDWORD HKLM $Key HarmlessPage 1 ; ours, so that the uninstaller may delete it
	${EndIf}
	${If} ${Errors}
		${Fail} ${EXIT_REGISTRY} "HKLM\$Key in the registry cannot be written: run the installer as an administrator."
	${EndIf}
FunctionEnd

; The name of a key may hold everything but a backslash.
Function UninstallKey
	${StrRep} $0 "$Data" "\" "/"
	StrCpy $Key "${UNINSTALL_KEYS}\ndoap $0"
FunctionEnd

Function .onInstSuccess
	SetErrorLevel 0 ; of a refusal on the first page there may be another
	Call SaveLog
FunctionEnd

; A failed extraction ends the section by itself: then there is no reason yet.
Function .onInstFailed
	${If} $Code == ""
		StrCpy $Code ${EXIT_FILES}
		StrCpy $Failure "A file cannot be written: the disk is full, or this account may not."
		Call Complain
	${EndIf}
	Call TakeBack
	SetErrorLevel $Code
	Call SaveLog
FunctionEnd

!include "${__FILEDIR__}/uninstall.nsh"
