/* SPDX-License-Identifier: MIT */
/* A file system as macOS has it: an ordinary directory seen through a layer that finds names
 * whatever their case, normal form and ignorable code points (folding_names.h), and that keeps the
 * spelling under which each was made.
 *
 * Inode numbers, links, owners and times are those of the directory below. No extended attributes.
 * Names that are not UTF-8 are EILSEQ. A rename that only changes the spelling does so. Nothing is
 * cached by the kernel, so that each use of a name asks the layer. */
#ifndef CLAUDEFS_TESTS_FOLDING_FS_H
#define CLAUDEFS_TESTS_FOLDING_FS_H

/* Mounts real_fd (takes) on mountpoint and serves it until SIGTERM, SIGINT or SIGHUP. Returns the
 * exit code of the process. */
int folding_fs_serve(int real_fd, const char *mountpoint);

#endif
