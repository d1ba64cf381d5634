# SPDX-License-Identifier: GPL-3.0-or-later
# What `cmake --install` puts where.
set(SLABYARD_INCLUDES ${CMAKE_INSTALL_INCLUDEDIR}/slabyard)
set(SLABYARD_DATA ${CMAKE_INSTALL_DATADIR}/slabyard)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX
	BASE_DIRECTORY ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig OUTPUT_VARIABLE SLABYARD_PC_TO_PREFIX)
configure_file(${CMAKE_SOURCE_DIR}/sim/slabyard.pc.in ${CMAKE_BINARY_DIR}/slabyard.pc @ONLY)

install(TARGETS slabyard slabyard_cli)
install(TARGETS slabyard_record LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/slabyard)
install(FILES ${CMAKE_BINARY_DIR}/slabyard.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# The headers of the library's users and of those who write a policy: the ops table of each kind,
# and what is below it.
install(FILES sim/slabyard.h DESTINATION ${SLABYARD_INCLUDES})
install(DIRECTORY sim/base sim/core DESTINATION ${SLABYARD_INCLUDES}
	FILES_MATCHING PATTERN "*.h" PATTERN "*.def")
foreach(header config/config.h cost/cost.h libc/libc.h libc/trim/trim.h page/page.h results/sink.h
		slab/slab.h)
	cmake_path(GET header PARENT_PATH folder)
	install(FILES sim/${header} DESTINATION ${SLABYARD_INCLUDES}/${folder})
endforeach()
install(FILES workloads/import/import.h DESTINATION ${SLABYARD_INCLUDES}/import)

install(DIRECTORY configs DESTINATION ${SLABYARD_DATA})
install(DIRECTORY workloads/samples DESTINATION ${SLABYARD_DATA})
install(DIRECTORY analysis DESTINATION ${SLABYARD_DATA}
	PATTERN "__pycache__" EXCLUDE PATTERN "*_test.py" EXCLUDE
	PATTERN "*.[ch]" EXCLUDE PATTERN "CMakeLists.txt" EXCLUDE)
