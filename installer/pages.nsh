; SPDX-License-Identifier: Apache-2.0
;
; The pages: which server; what is being done; what is left to do. And of the uninstaller: what goes; what is being done.
; $Servers and $ServerCount are those of domino.nsh. $Data and $Program are known from the second page on.

!define MUI_ABORTWARNING
!define MUI_ABORTWARNING_TEXT "Nothing has been changed. Quit the installation?"
!define MUI_ABORTWARNING_CANCEL_DEFAULT
!define MUI_INSTFILESPAGE_FINISHHEADER_TEXT "The files are there"
!define MUI_INSTFILESPAGE_FINISHHEADER_SUBTEXT "Next: what is left to do in Domino."
!define MUI_INSTFILESPAGE_ABORTHEADER_TEXT "Not installed"
!define MUI_INSTFILESPAGE_ABORTHEADER_SUBTEXT "What had been done is taken back. The last lines say why."

Page custom ServerPage ServerPageLeave
!insertmacro MUI_PAGE_INSTFILES
Page custom FinishPage FinishPageLeave
UninstPage custom un.ConfirmPage un.ConfirmPageLeave
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE English

Var ServerList
Var ProgramField
Var DataField
Var InitBox
Var IssuerField
Var PurgeBox
Var Purge ; 1 with /PURGE, or when the box is ticked

Function ServerPage
	!insertmacro MUI_HEADER_TEXT "Which Domino server?" "For Domino of ${BITS} bits. Its HTTP task must not have ndoap.dll open: type 'tell http quit' on its console."
	Call NormaliseGiven
	Call FindServers
	${If} $ServerCount = 1
		StrCpy $1 "This Domino server was found. ndoap will be installed in it."
	${Else}
		StrCpy $Program $GivenProgram
		StrCpy $Data $GivenData
		${If} $ServerCount > 1
			StrCpy $1 "This machine has $ServerCount Domino servers. Choose the one for ndoap by its data directory:"
		${ElseIf} $Program != ""
		${AndIf} $Data != ""
			StrCpy $1 "ndoap will be installed in the Domino server that the command line names. The registry does not know it."
		${Else}
			StrCpy $1 "No Domino server was found in the registry. If there is one, say where it is."
		${EndIf}
	${EndIf}
	nsDialogs::Create 1018
	Pop $0
	${NSD_CreateLabel} 0 0 100% 18u "$1"
	Pop $0
	${If} $ServerCount > 1
		${NSD_CreateDropList} 0 20u 100% 80u ""
		Pop $ServerList
		${NSD_OnChange} $ServerList ServerChosen
		${For} $6 1 $ServerCount
			Call ServerLine
			${NSD_CB_AddString} $ServerList "$3"
		${Next}
	${EndIf}
	${NSD_CreateLabel} 0 46u 100% 10u "&Program directory, with nserver.exe:"
	Pop $0
	${NSD_CreateDirRequest} 0 57u 80% 13u "$Program"
	Pop $ProgramField
	${NSD_CreateBrowseButton} 82% 57u 18% 13u "Browse..."
	Pop $0
	${NSD_OnClick} $0 BrowseProgram
	${NSD_CreateLabel} 0 82u 100% 10u "&Data directory, with names.nsf:"
	Pop $0
	${NSD_CreateDirRequest} 0 93u 80% 13u "$Data"
	Pop $DataField
	${NSD_CreateBrowseButton} 82% 93u 18% 13u "Browse..."
	Pop $0
	${NSD_OnClick} $0 BrowseData
	nsDialogs::Show
FunctionEnd

; Sets $2 and $3 to the directories of server $6 of $Servers, counted from 1.
Function ServerLine
	${WordFind} "$Servers" "$\r$\n" "+$6" $4
	${GetOptions} $4 "/PROGRAM=" $2
	${GetOptions} $4 "/DATA=" $3
FunctionEnd

Function ServerChosen
	Pop $0
	SendMessage $ServerList ${CB_GETCURSEL} 0 0 $6
	IntOp $6 $6 + 1
	Call ServerLine
	${NSD_SetText} $ProgramField "$2"
	${NSD_SetText} $DataField "$3"
FunctionEnd

!macro BrowseFunction name field title
Function ${name}
	Pop $0
	${NSD_GetText} ${field} $1
	nsDialogs::SelectFolderDialog "${title}" "$1"
	Pop $1
	${If} $1 != error ; cancelled
		${NSD_SetText} ${field} "$1"
	${EndIf}
FunctionEnd
!macroend
!insertmacro BrowseFunction BrowseProgram $ProgramField "Domino's program directory, with nserver.exe"
!insertmacro BrowseFunction BrowseData $DataField "Domino's data directory, with names.nsf"

; A refusal is shown, and the page stays.
Function ServerPageLeave
	StrCpy $Code ""
	${NSD_GetText} $ProgramField $GivenProgram
	${NSD_GetText} $DataField $GivenData
	${If} $GivenProgram == ""
	${OrIf} $GivenData == ""
		${Fail} ${EXIT_NO_DOMINO} "Enter both directories of the Domino server."
	${EndIf}
	Call Choose
	Call Check
FunctionEnd

Function FinishPage
	!insertmacro MUI_HEADER_TEXT "ndoap is installed" "Four steps are left to do in Domino. They are in $Program\ndoap\docs\install.md, too."
	nsDialogs::Create 1018
	Pop $0
	${NSD_CreateCheckBox} 0 0 100% 10u "&1. Run 'doapctl init' now: it makes configuration, database and signing key"
	Pop $InitBox
	${NSD_OnClick} $InitBox InitClicked
	${NSD_CreateLabel} 12u 12u -12u 18u "Issuer: the URL under which browsers and applications reach /doap on this server. It stands in every token, so choose the name that stays."
	Pop $0
	Call FullName
	${NSD_CreateText} 12u 31u -12u 13u "https://$1/doap"
	Pop $IssuerField
	${NSD_CreateLabel} 12u 46u -12u 18u "Does Domino's service run as an account of its own? Then clear the box and run doapctl as that account: what it makes is for its account only."
	Pop $0
	${NSD_CreateLabel} 0 68u 100% 34u "2. Write  ndoap  into the field $\"DSAPI filter file names$\": in the Server document (Internet Protocols, HTTP), or, if the server uses Internet Site documents, in each Web Site document (Configuration). Allow at least the HTTP methods GET and POST."
	Pop $0
	${NSD_CreateLabel} 0 104u 100% 18u "3. Restart the HTTP task on the Domino console:  tell http quit,  load http.  It must say 'ndoap: ready'."
	Pop $0
	${NSD_CreateLabel} 0 124u 100% 10u "4. Register the first client:  doapctl client add"
	Pop $0
	${IfNot} ${FileExists} "$Data\doapconfig.d\*.*"
		${NSD_Check} $InitBox
	${EndIf}
	Push $InitBox
	Call InitClicked
	; What is done is done.
	GetDlgItem $0 $HWNDPARENT 2
	EnableWindow $0 0
	nsDialogs::Show
FunctionEnd

; The issuer can be written while the box is ticked.
Function InitClicked
	Pop $0
	${NSD_GetState} $InitBox $0
	EnableWindow $IssuerField $0
FunctionEnd

; Sets $1 to the name of this machine, with its domain if it has one.
Function FullName
	StrCpy $2 ${NSIS_MAX_STRLEN}
	System::Call 'kernel32::GetComputerNameExW(i 3, w .r1, *i r2) i .r0' ; ComputerNameDnsFullyQualified
	${If} $0 = 0
	${OrIf} $1 == ""
		StrCpy $1 "HOST"
	${EndIf}
FunctionEnd

; doapctl is started without a shell; a quotation mark would end the argument. The server's program directory has the
; settings, or its data directory, so that both are named.
Function FinishPageLeave
	${NSD_GetState} $InitBox $0
	${If} $0 <> ${BST_CHECKED}
		Return
	${EndIf}
	${NSD_GetText} $IssuerField $1
	${StrRep} $1 "$1" '"' ""
	StrCpy $1 '"$Program\doapctl.exe" --data "$Data\." --ini "$Ini" init --issuer "$1"'
	Call RunDoapctl
	${Log} "$1: $0$\r$\n$2"
	Call SaveLog
	${If} $0 == 0
		MessageBox MB_OK|MB_ICONINFORMATION "Step 1 is done: configuration, database and signing key are in$\r$\n$Data$\r$\n$\r$\nSteps 2 to 4 are yours. They are in $Program\ndoap\docs\install.md."
	${Else}
		MessageBox MB_OK|MB_ICONEXCLAMATION "doapctl init failed ($0). Correct the issuer and try again, or clear the box to go on without.$\r$\n$\r$\n$2"
		Abort
	${EndIf}
FunctionEnd

Function un.ConfirmPage
	!insertmacro MUI_HEADER_TEXT "Remove ndoap" "Take ndoap out of the field $\"DSAPI filter file names$\" first, and type 'tell http quit' on the Domino console."
	nsDialogs::Create 1018
	Pop $0
	${NSD_CreateLabel} 0 0 100% 10u "ndoap will be removed from the Domino server with the data directory"
	Pop $0
	${NSD_CreateLabel} 12u 12u -12u 18u "$Data"
	Pop $0
	${NSD_CreateCheckBox} 0 36u 100% 10u "&Delete its database and its configuration, too"
	Pop $PurgeBox
	${If} $Purge == 1
		${NSD_Check} $PurgeBox
	${EndIf}
	${NSD_CreateLabel} 12u 48u -12u 36u "With them go all clients, keys and tokens, and the line of ndoap in notes.ini. This cannot be undone. Otherwise they stay, and ndoap finds them when it is installed again."
	Pop $0
	nsDialogs::Show
FunctionEnd

Function un.ConfirmPageLeave
	${NSD_GetState} $PurgeBox $Purge ; 1 is BST_CHECKED
FunctionEnd
