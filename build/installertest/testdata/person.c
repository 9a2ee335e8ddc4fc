// SPDX-License-Identifier: Apache-2.0
//
// person.exe: does at a program's windows what a person would. It reads commands (UTF-8), one a line, from standard
// input, and answers each with lines that end with "." on a line of its own:
//
//   start LINE    starts the program of this command line; the answer is "." or "error N"
//   look          what there is to see: for each window of the program and each control in it
//                 "CLASS|ID|TEXT", with "|off" after it when it is disabled and "|ticked" when it is ticked
//   press TEXT    presses the button, box or entry of a list with this text; the answer is "pressed" or "absent"
//   fill ID TEXT  writes into the field with this number; the answer is "filled" or "absent"
//   exit          waits for the program's end and answers its exit code
//
// The program ends with the input.

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <windows.h>

enum { LENGTH = 4096 };

static PROCESS_INFORMATION program;
static const wchar_t *wanted; // by press and fill
static int field;             // of fill, else 0
static bool looking, found;

static void say(const wchar_t *text)
{
    char bytes[4 * LENGTH];

    WideCharToMultiByte(CP_UTF8, 0, text, -1, bytes, sizeof bytes, NULL, NULL);
    for (char *c = bytes; *c; c++)
        putchar(*c == '\n' || *c == '\r' ? ' ' : *c);
}

// An & underlines the letter after it.
static void without_ampersand(wchar_t *text)
{
    wchar_t *mark = wcschr(text, L'&');

    if (mark)
        memmove(mark, mark + 1, wcslen(mark) * sizeof *mark);
}

static void look(HWND window, const wchar_t *class, const wchar_t *text)
{
    say(class);
    printf("|%d|", (int)GetDlgCtrlID(window));
    say(text);
    if (!IsWindowEnabled(window))
        printf("|off");
    if (wcscmp(class, L"Button") == 0 && SendMessageW(window, BM_GETCHECK, 0, 0) == BST_CHECKED)
        printf("|ticked");
    putchar('\n');
}

static void press(HWND window, const wchar_t *class, const wchar_t *text)
{
    if (wcscmp(class, L"Button") == 0 && wcscmp(text, wanted) == 0 && IsWindowEnabled(window) &&
        IsWindowEnabled(GetAncestor(window, GA_ROOT))) { // a message of the program disables its page
        found = true;
        PostMessageW(window, BM_CLICK, 0, 0); // posted: it may open a window and wait for that
    } else if (wcscmp(class, L"ComboBox") == 0) {
        LRESULT entry = SendMessageW(window, CB_FINDSTRINGEXACT, (WPARAM)-1, (LPARAM)wanted);

        if (entry == CB_ERR)
            return;
        found = true;
        SendMessageW(window, CB_SETCURSEL, (WPARAM)entry, 0);
        SendMessageW(GetParent(window), WM_COMMAND, MAKEWPARAM(GetDlgCtrlID(window), CBN_SELCHANGE), (LPARAM)window);
    }
}

static BOOL CALLBACK each(HWND window, LPARAM unused)
{
    wchar_t class[128], text[LENGTH] = L"";

    (void)unused;
    if (!IsWindowVisible(window) || found)
        return TRUE;
    GetClassNameW(window, class, 128);
    if (wcscmp(class, L"Static") != 0 || (GetWindowLongW(window, GWL_STYLE) & SS_TYPEMASK) != SS_ICON)
        SendMessageW(window, WM_GETTEXT, LENGTH, (LPARAM)text);
    if (wcscmp(class, L"Button") == 0 || wcscmp(class, L"Static") == 0)
        without_ampersand(text);
    if (looking)
        look(window, class, text);
    else if (field == 0)
        press(window, class, text);
    else if (GetDlgCtrlID(window) == field && wcscmp(class, L"Edit") == 0)
        found = SendMessageW(window, WM_SETTEXT, 0, (LPARAM)wanted) != 0;
    return TRUE;
}

static BOOL CALLBACK each_top(HWND window, LPARAM parameter)
{
    DWORD process;

    GetWindowThreadProcessId(window, &process);
    if (process == program.dwProcessId && IsWindowVisible(window)) {
        if (looking)
            each(window, parameter);
        EnumChildWindows(window, each, parameter);
    }
    return TRUE;
}

int main(void)
{
    char line[LENGTH];
    wchar_t wide[LENGTH];

    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\r\n")] = 0;
        char *rest = strchr(line, ' ');

        rest = rest ? rest + 1 : line + strlen(line);
        looking = found = false;
        field = 0;
        if (strncmp(line, "start ", 6) == 0) {
            STARTUPINFOW startup = {.cb = sizeof startup};

            MultiByteToWideChar(CP_UTF8, 0, rest, -1, wide, LENGTH);
            if (!CreateProcessW(NULL, wide, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &program))
                printf("error %lu\n", GetLastError());
        } else if (strcmp(line, "look") == 0) {
            looking = true;
            EnumWindows(each_top, 0);
        } else if (strncmp(line, "press ", 6) == 0) {
            MultiByteToWideChar(CP_UTF8, 0, rest, -1, wide, LENGTH);
            wanted = wide;
            EnumWindows(each_top, 0);
            printf(found ? "pressed\n" : "absent\n");
        } else if (strncmp(line, "fill ", 5) == 0) {
            char *text = strchr(rest, ' ');

            MultiByteToWideChar(CP_UTF8, 0, text ? text + 1 : "", -1, wide, LENGTH);
            wanted = wide;
            field = atoi(rest);
            EnumWindows(each_top, 0);
            printf(found ? "filled\n" : "absent\n");
        } else if (strcmp(line, "exit") == 0) {
            DWORD status = 0;

            WaitForSingleObject(program.hProcess, INFINITE);
            GetExitCodeProcess(program.hProcess, &status);
            printf("%lu\n", status);
        }
        printf(".\n");
        fflush(stdout);
    }
    if (program.hProcess)
        TerminateProcess(program.hProcess, 99); // when it has not ended
    return 0;
}
