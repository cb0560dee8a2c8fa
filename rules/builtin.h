/* SPDX-License-Identifier: MIT */
/* The rule data of this directory as built into the programs, by embed.py. */
#ifndef CLAUDEFS_RULES_BUILTIN_H
#define CLAUDEFS_RULES_BUILTIN_H

#include <stddef.h>

extern const char rules_builtin_files[]; /* files.json */
extern const size_t rules_builtin_files_len;

extern const char rules_builtin_claude_json[]; /* claude-json.json */
extern const size_t rules_builtin_claude_json_len;

extern const char rules_builtin_settings[]; /* settings.json */
extern const size_t rules_builtin_settings_len;

extern const char rules_builtin_workspace[]; /* workspace.json */
extern const size_t rules_builtin_workspace_len;

extern const char rules_builtin_git[]; /* git.json */
extern const size_t rules_builtin_git_len;

extern const char rules_builtin_egress[]; /* egress.allow */
extern const size_t rules_builtin_egress_len;

extern const char rules_builtin_egress_github[]; /* egress-github.allow */
extern const size_t rules_builtin_egress_github_len;

extern const char rules_builtin_push[]; /* push.json */
extern const size_t rules_builtin_push_len;

#endif
