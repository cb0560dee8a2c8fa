/* SPDX-License-Identifier: MIT */
/* For the control of test_model.c: a view with a fault. The linker puts this in the place of
 * view_rename() and view_unlink() (--wrap): a file that has got its name by a rename cannot be
 * removed, though the view says so. */
#include <stdio.h>
#include <string.h>

#include "fs/view/view.h"

int __wrap_view_rename(struct view *view, const struct view_caller *caller, uint64_t parent,
		       const char *name, uint64_t new_parent, const char *new_name,
		       unsigned int flags);
int __real_view_rename(struct view *view, const struct view_caller *caller, uint64_t parent,
		       const char *name, uint64_t new_parent, const char *new_name,
		       unsigned int flags);
int __wrap_view_unlink(struct view *view, const struct view_caller *caller, uint64_t parent,
		       const char *name);
int __real_view_unlink(struct view *view, const struct view_caller *caller, uint64_t parent,
		       const char *name);

static __thread char renamed[256];
static __thread uint64_t renamed_in;

int __wrap_view_rename(struct view *view, const struct view_caller *caller, uint64_t parent,
		       const char *name, uint64_t new_parent, const char *new_name,
		       unsigned int flags)
{
	int r = __real_view_rename(view, caller, parent, name, new_parent, new_name, flags);

	if (r == 0) {
		renamed_in = new_parent;
		(void)snprintf(renamed, sizeof(renamed), "%s", new_name);
	}
	return r;
}

int __wrap_view_unlink(struct view *view, const struct view_caller *caller, uint64_t parent,
		       const char *name)
{
	struct view_attr attr;

	if (parent == renamed_in && strcmp(name, renamed) == 0 &&
	    view_lookup(view, parent, name, &attr) == 0) {
		view_forget(view, attr.st.st_ino, 1);
		if (S_ISREG(attr.st.st_mode))
			return 0;
	}
	return __real_view_unlink(view, caller, parent, name);
}
