; SPDX-License-Identifier: Apache-2.0
;
; The pages: which server; what is being done; what is left to do.

Var ProgramField
Var DataField
Var InitBox
Var IssuerField

Page custom ServerPage ServerPageLeave
Page instfiles
Page custom FinishPage FinishPageLeave

Function ServerPage
	Call FindServers
	nsDialogs::Create 1018
	Pop $0
	${If} $ServerCount = 1
		StrCpy $1 "This Domino server was found. ndoap will be installed in it."
	${ElseIf} $ServerCount = 0
		StrCpy $1 "No Domino server was found in the registry. If there is one, say where it is."
	${Else}
		StrCpy $1 "This machine has $ServerCount Domino servers. Choose one."
	${EndIf}
	${NSD_CreateLabel} 0 0 100% 24u "$1"
	Pop $0
	${If} $ServerCount > 1
		StrCpy $Program ""
		StrCpy $Data ""
		${NSD_CreateDropList} 0 26u 100% 80u ""
		Pop $2
		${NSD_OnChange} $2 ServerChosen
		StrCpy $3 $Servers
		${Do}
			${StrLoc} $4 "$3" "$\r$\n" ">"
			${If} $4 == ""
				${ExitDo}
			${EndIf}
			StrCpy $5 $3 $4
			${NSD_CB_AddString} $2 "$5"
			IntOp $4 $4 + 2
			StrCpy $3 $3 "" $4
		${Loop}
	${EndIf}
	${NSD_CreateLabel} 0 48u 100% 10u "Program directory, with nserver.exe:"
	Pop $0
	${NSD_CreateDirRequest} 0 60u 100% 12u "$Program"
	Pop $ProgramField
	${NSD_CreateLabel} 0 80u 100% 10u "Data directory, with names.nsf:"
	Pop $0
	${NSD_CreateDirRequest} 0 92u 100% 12u "$Data"
	Pop $DataField
	${NSD_CreateLabel} 0 112u 100% 20u "The HTTP task must not have ndoap.dll open: 'tell http quit' on the Domino console."
	Pop $0
	nsDialogs::Show
FunctionEnd

Function ServerChosen
	Pop $0
	${NSD_GetText} $0 $1
	${GetOptions} $1 "/PROGRAM=" $2
	${GetOptions} $1 "/DATA=" $3
	${NSD_SetText} $ProgramField "$2"
	${NSD_SetText} $DataField "$3"
FunctionEnd

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
	nsDialogs::Create 1018
	Pop $0
	${NSD_CreateLabel} 0 0 100% 58u "Left to do in Domino:$\r$\n1. Write ndoap into the field $\"DSAPI filter file names$\": in the Server document (Internet Protocols, HTTP), or, if the server loads Internet Site documents, in each Web Site document (Configuration), where GET and POST must be allowed methods.$\r$\n2. Restart the HTTP task: tell http quit, load http.$\r$\n3. The console says 'ndoap: ready'. Register the first client: doapctl client add."
	Pop $0
	${NSD_CreateCheckBox} 0 64u 100% 10u "Set ndoap up now: configuration, database, signing key (doapctl init)"
	Pop $InitBox
	${IfNot} ${FileExists} "$Data\doapconfig.d\*.*"
		${NSD_Check} $InitBox
	${EndIf}
	${NSD_CreateLabel} 0 80u 100% 20u "Issuer: the URL under which browsers and applications reach /doap on this server. It stands in every token, so choose the name that stays."
	Pop $0
	ReadEnvStr $1 COMPUTERNAME
	${StrRep} $1 "$1" " " ""
	${NSD_CreateText} 0 102u 100% 12u "https://$1/doap"
	Pop $IssuerField
	${NSD_CreateLabel} 0 120u 100% 20u "More in $Program\ndoap\docs\install.md."
	Pop $0
	nsDialogs::Show
FunctionEnd

; doapctl is started without a shell; a quotation mark would end the argument.
Function FinishPageLeave
	${NSD_GetState} $InitBox $0
	${If} $0 <> ${BST_CHECKED}
		Return
	${EndIf}
	${NSD_GetText} $IssuerField $1
	${StrRep} $1 "$1" '"' ""
	nsExec::ExecToStack '"$Program\doapctl.exe" --data "$Data\." --ini "$Ini" init --issuer "$1"'
	Pop $0
	Pop $2
	${Log} "doapctl init: $0 $2"
	Call SaveLog
	${If} $0 == 0
		MessageBox MB_OK|MB_ICONINFORMATION "$2"
	${Else}
		MessageBox MB_OK|MB_ICONEXCLAMATION "doapctl init failed ($0). Correct the issuer, or clear the box to go on without.$\r$\n$\r$\n$2"
		Abort
	${EndIf}
FunctionEnd
