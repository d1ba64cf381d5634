/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ids of processes: in another PID namespace a process knows itself by another one than we do. */
#ifndef SLABYARD_RECORD_NAMESPACE_H
#define SLABYARD_RECORD_NAMESPACE_H

#include <stdint.h>
#include <sys/types.h>

/* The calling process's PID namespace, as the inode of its file; 0: not to be had. */
uint64_t pid_namespace(void);

/* Our id of the process that is `inner` in that namespace; 0: there is none any more. */
pid_t pid_from_namespace(uint64_t pid_namespace, pid_t inner);

#endif
