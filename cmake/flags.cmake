# Compiler flags for all of our own code: warnings, hardening, sanitizers.
add_library(leat_flags INTERFACE)
target_compile_definitions(leat_flags INTERFACE
  _POSIX_C_SOURCE=200809L _GNU_SOURCE LEAT_VERSION="${PROJECT_VERSION}")
target_include_directories(leat_flags INTERFACE ${CMAKE_SOURCE_DIR}/include)
target_compile_options(leat_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wformat=2 -Wstrict-prototypes
  -Wcast-align -Wvla -Wmissing-prototypes -Wundef -Wwrite-strings
  -Werror=unused-result -Werror=implicit-function-declaration
  -fno-omit-frame-pointer -fno-strict-aliasing -fstack-protector-strong)
if(LEAT_WERROR)
  target_compile_options(leat_flags INTERFACE -Werror)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  target_compile_options(leat_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
# Optimised builds see through the rooms: a row passes half a dozen of them.
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O3 -g")
include(CheckIPOSupported)
check_ipo_supported(RESULT LEAT_IPO OUTPUT ignored LANGUAGES C)
if(LEAT_IPO)
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION_RELWITHDEBINFO ON)
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION_RELEASE ON)
endif()
# contrib/pgo sets these two, one after the other in the same folder: counters lie beside the objects.
if(LEAT_PGO STREQUAL "train")
  target_compile_options(leat_flags INTERFACE -fprofile-generate -fprofile-update=prefer-atomic)
  target_link_options(leat_flags INTERFACE -fprofile-generate)
elseif(LEAT_PGO STREQUAL "use")
  target_compile_options(leat_flags INTERFACE -fprofile-use -fprofile-partial-training -fprofile-correction -Wno-missing-profile)
  target_link_options(leat_flags INTERFACE -fprofile-use)
elseif(LEAT_PGO)
  message(FATAL_ERROR "LEAT_PGO is ${LEAT_PGO}: train or use")
endif()
# Asserts are for bugs and stay on in every build.
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELEASE "${CMAKE_C_FLAGS_RELEASE}")
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELWITHDEBINFO "${CMAKE_C_FLAGS_RELWITHDEBINFO}")
target_link_options(leat_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack -pie)
if(LEAT_SANITIZE)
  target_compile_options(leat_flags INTERFACE
    -fsanitize=${LEAT_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(leat_flags INTERFACE -fsanitize=${LEAT_SANITIZE})
endif()
