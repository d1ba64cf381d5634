/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/hdf5_input.h"

#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

hid_t hdf5_open_to_read(const char *path, struct error *err)
{
	if (access(path, R_OK)) {
		error_errno(err, path, "cannot read");
		if (err)
			err->kind = ERROR_INPUT;
		return H5I_INVALID_HID;
	}
	struct stat st;
	bool is_folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	if (is_folder || H5Fis_hdf5(path) <= 0) {
		error_set(err, ERROR_INPUT, "%s: %s", path,
			  is_folder ? "Is a directory" : "not an HDF5 file");
		return H5I_INVALID_HID;
	}
	hid_t access_list = H5Pcreate(H5P_FILE_ACCESS);
	H5Pset_file_locking(access_list, false, true);
	hid_t file = H5Fopen(path, H5F_ACC_RDONLY, access_list);
	H5Pclose(access_list);
	if (file < 0)
		error_set(err, ERROR_INPUT, "%s: damaged or cut short", path);
	return file;
}
