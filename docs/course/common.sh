# What run, grade and pack share: where things are, the list of exercises, and how an exercise is built.
# Bash reads this file with `source`. `self` is the command's name, for its error messages.
shopt -s nullglob
course=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$course/../.." && pwd)
build=$root/build/course
# A school may keep the folders answers and wrong elsewhere.
answers=$(cd "${GRADUS_ANSWERS:-$course}" && pwd)
kPassed=0 kNotYet=2 kCrashed=3 kNotCompiled=4 kWrongUse=64

bold='' dim='' green='' red='' plain=''
if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
  bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
fi

die() { printf '%s: %s\n' "$self" "$*" >&2; exit $kWrongUse; }

# ---- The exercises -----------------------------------------------------------------------------------------------------

numbers() { # of all exercises, in order
  local file
  for file in "$course"/exercises/*.c*; do
    file=${file##*/}
    echo "${file%%_*}"
  done | sort -t. -k1,1n -k2,2n
}

chosen() { # "5,6.1" → the numbers of these chapters and exercises; all if it is empty
  local number part found
  if [[ -z $1 ]]; then numbers; return; fi
  for part in ${1//,/ }; do
    found=$(numbers | grep -xE "${part//./\\.}(\\.[0-9]+)?" || true)
    [[ -n $found ]] || die "there is no chapter or exercise $part"
    echo "$found"
  done
}

file_of() { # NUMBER → the student's file
  local files=("$course"/exercises/"$1"_*.c*)
  [[ ${#files[@]} == 1 ]] || die "there is no exercise $1; $self list shows all"
  echo "${files[0]}"
}

title_of() { # the title in the first line of the file, or the file's name if that line is gone
  local file title
  file=$(file_of "$1")
  title=$(sed -n '1s|^// [0-9]*\.[0-9]*  *\(.*\)|\1|p' "$file" | sed 's|   .*||')
  if [[ -z $title ]]; then title=${file##*/}; fi
  echo "$title"
}

# ---- Building ----------------------------------------------------------------------------------------------------------

seconds_since() { # START, in microseconds → "1.1"
  local now=${EPOCHREALTIME/[.,]/}
  printf '%d.%d' $(((now - $1) / 1000000)) $(((now - $1) / 100000 % 10))
}

library() { # NAME: path of a library of Gradus, which is there after the first build
  local file
  local files=("$build/lib$1.so" "$build/lib$1.dylib")
  for file in "${files[@]}"; do if [[ -e $file ]]; then echo "$file"; return; fi; done
}

# Gradus with the plain kernels alone: they need no library, and half the time to build.
build_library() {
  local built log
  built=$(library gradus)
  if [[ -n $built && -z $(cd "$root" && find kernels tensor autograd nn optim gradus.h CMakeLists.txt \
      -newer "$built" -name '*.*' -type f -print -quit) ]]; then return; fi
  command -v cmake >/dev/null || die "CMake is missing (Debian: apt-get install cmake g++)"
  echo " building Gradus, once: this takes a minute or two …"
  log=$build.log
  mkdir -p "$build"
  if ! { cmake -S "$root" -B "$build" -D CMAKE_BUILD_TYPE=Release -D BUILD_SHARED_LIBS=ON -D GRADUS_FAST=OFF \
           -D GRADUS_CUDA=OFF -D GRADUS_LABS=OFF -D GRADUS_TESTS=OFF &&
         cmake --build "$build" --target gradus --parallel "$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)"; } \
       >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    die "Gradus could not be built; the lines above say why, and $log has all of them"
  fi
  touch "$(library gradus)" # also if nothing had to be linked again
  rm -f "$build"/*.h.gch "$build"/{check,checker,grader}-*
}

# An exercise includes check.h, or kernel.h if it has kernels. This header and those of Gradus are compiled once, into
# build/course/check.h.gch. A grader loads what students hand in as a shared library, hence -fPIC.
compiler() { sed -n 's/^CMAKE_CXX_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt"; }
compile() { # SOURCE OBJECT [OPTION…]
  "$(compiler)" "${options[@]}" -Wall -fdiagnostics-color="$([[ -n $bold ]] && echo always || echo never)" \
    -I "$build" -I "$course" -I "$root" -c "$1" -o "$2" "${@:3}"
}

link() { # PROGRAM OBJECT…
  "$(compiler)" "${@:2}" "${libraries[@]}" -Wl,-rpath,"$build" -o "$1"
}

precompile() {
  local precompiled=$build/$header.gch
  if [[ ! -e $precompiled || -n $(find "$course"/{check,course,kernel}.h -newer "$precompiled" -print -quit) ]]; then
    "$(compiler)" "${options[@]}" -Wall -I "$course" -I "$root" -x c++-header "$course/$header" -o "$precompiled" \
      2>/dev/null
  fi
}

# Kernels (.cu) run on the emulator with its race check, as tests/cuda/CMakeLists.txt builds it. It needs Boost.Context.
prepare() { # [NUMBER]: how the exercise is compiled and linked
  header=check.h options=(-std=c++20 -O0 -g -fPIC) libraries=("$(library gradus)" "$(library gradus_core)")
  if [[ -z ${1:-} || $(file_of "$1") != *.cu ]]; then return; fi
  local race=(-D GRADUS_CUDA_EMULATED=1 -D GRADUS_RACE_CHECK=1) emulator=$build/libemulator.a source
  # From DWARF 5, addr2line of binutils 2.40 takes the line of the first file for one of the file that includes it.
  header=kernel.h options=(-std=c++20 -O0 -g1 -gdwarf-4 -fPIC "${race[@]}" -fsanitize=thread -Wno-tsan)
  libraries=("$emulator" "${libraries[@]}" -lboost_context)
  if [[ -e $emulator && -z $(find "$root"/kernels/cuda -name '*.[ch]*' -newer "$emulator" -print -quit) ]]; then return; fi
  echo '#include <boost/context/fiber.hpp>' | "$(compiler)" -E -x c++ - >/dev/null 2>&1 ||
    die "$1 needs Boost.Context (Debian: apt-get install libboost-context-dev); chapters 1 to 11 do without it"
  echo " building the emulator of a GPU, once: this takes half a minute …"
  for source in "$root"/kernels/cuda/emulator/*.cpp; do
    "$(compiler)" -std=c++20 -O1 -g1 -fPIC "${race[@]}" -I "$root" -c "$source" -o "$build/emulator-$(basename "$source").o" ||
      die "the emulator could not be built; the lines above say why"
  done
  ar rcs "$emulator" "$build"/emulator-*.o
  rm -f "$build"/kernel.h.gch
}

# The check with its wrong answers does not depend on the student's file: it is compiled when an exercise is opened.
# A grader is compiled when an exercise is first graded.
build_check() { # checker|grader NUMBER
  local object=$build/$1-$2.o known=() file
  for file in "$answers/wrong/$2" "$answers/answers/$2"_*.c* "$course/known/$2.h"; do
    if [[ -e $file ]]; then known+=("$file"); fi
  done
  if [[ -e $object && -z $(find "$course"/*.h "$course/assemble" "$course/checks/$2.h" "${known[@]}" \
      -newer "$object" -print -quit) ]]; then return; fi
  "$course/assemble" "$1" "$2" >"$build/$1-$2.cpp"
  compile "$build/$1-$2.cpp" "$object" || die "the check of $2 does not compile"
}
