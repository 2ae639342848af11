# SPDX-License-Identifier: Apache-2.0
# Warnings, hardening and determinism flags shared by every target of ours.
add_library(rph_flags INTERFACE)

option(RPH_WERROR "treat warnings as errors" OFF)
option(RPH_HARDEN "release hardening" OFF)
option(RPH_LTO "link-time optimisation: most of the hot path lies across folders" OFF)
option(RPH_COVERAGE "gcov instrumentation" OFF)
set(RPH_SANITIZE "" CACHE STRING "comma-separated sanitizers, e.g. address,undefined")

# No floating-point contraction: statistics must give the same bits on every machine.
target_compile_options(rph_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wundef -Wformat=2 -Wvla
  -ffp-contract=off -fno-common
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
  -Werror=implicit-function-declaration -Werror=incompatible-pointer-types -Werror=int-conversion
  -Werror=return-type -Werror=attributes>)
if(RPH_WERROR)
  target_compile_options(rph_flags INTERFACE -Werror)
endif()
if(RPH_SANITIZE)
  target_compile_options(rph_flags INTERFACE -fsanitize=${RPH_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(rph_flags INTERFACE -fsanitize=${RPH_SANITIZE})
endif()
if(RPH_HARDEN)
  target_compile_options(rph_flags INTERFACE -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection
    -fcf-protection -fPIE -Werror=format-security)
  target_link_options(rph_flags INTERFACE -pie -Wl,-z,relro,-z,now)
endif()
if(RPH_LTO)
  # Fat objects: the archives stay readable for nm, by which the purity of the core is checked.
  target_compile_options(rph_flags INTERFACE -flto=auto -ffat-lto-objects)
  target_link_options(rph_flags INTERFACE -flto=auto)
endif()
if(RPH_COVERAGE)
  target_compile_options(rph_flags INTERFACE --coverage)
  target_link_options(rph_flags INTERFACE --coverage)
endif()
