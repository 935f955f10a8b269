# Functions of ./labs/run and ./tests/run, which source this file: install missing packages, configure, build.
# shellcheck shell=bash

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
processors=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
just_installed=false
# Waiting OpenMP threads sleep instead of spinning, since other programs may need the processors.
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive}

say() { printf '== %s\n' "$*"; }
die() { printf '%s: %s\n' "$0" "$*" >&2; exit 1; }

# One row for each package: who needs it, how to check that it is installed, and its name in each package manager.
packages() {
  cat <<'TABLE'
# who   installed if                 apt-get                 dnf             pacman         brew
build   command:g++,clang++          g++                     gcc-c++         gcc            gcc
build   command:cmake                cmake                   cmake           cmake          cmake
build   command:ninja,make           ninja-build             ninja-build     ninja          ninja
build   header:cblas.h               libopenblas-openmp-dev  openblas-devel  openblas       openblas
emulator  header:boost/context/fiber.hpp  libboost-context-dev  boost-devel   boost          boost
labs    header:nlohmann/json.hpp     nlohmann-json3-dev      json-devel      nlohmann-json  nlohmann-json
labs    command:gnuplot              gnuplot-nox             gnuplot         gnuplot        gnuplot
tests   header:gtest/gtest.h         libgtest-dev            gtest-devel     gtest          googletest
mpi     command:mpicxx               libopenmpi-dev          openmpi-devel   openmpi        open-mpi
mpi     command:mpirun               openmpi-bin             openmpi         openmpi        open-mpi
pages   command:chromium,chromium-browser,google-chrome  chromium  chromium  chromium       chromium
editor  command:clangd          clangd                  clang-tools-extra  clang      llvm
editor  command:gdb             gdb                     gdb             gdb            gdb
site    command:doxygen         doxygen                 doxygen         doxygen        doxygen
site    command:mkdocs          mkdocs                  mkdocs          mkdocs         mkdocs
site    folder:/usr/share/mkdocs/themes/material  mkdocs-material  mkdocs-material  mkdocs-material  mkdocs-material
benchmarks  header:benchmark/benchmark.h  libbenchmark-dev   google-benchmark-devel  benchmark  google-benchmark
benchmarks  header:CLI/CLI.hpp       libcli11-dev            cli11-devel     cli11          cli11
libtorch    header:torch/csrc/api/include/torch/torch.h  libtorch-dev  python3-torch-devel  python-pytorch  pytorch
TABLE
}

is_there() { # command:NAME,NAME or header:PATH or folder:PATH
  local name folder
  case $1 in
    command:*)
      for name in $(tr ',' ' ' <<<"${1#command:}"); do
        if command -v "$name" >/dev/null; then return 0; fi
      done ;;
    folder:*) if [[ -d ${1#folder:} ]]; then return 0; fi ;;
    header:*)
      for folder in /usr/include /usr/include/*-linux-gnu /usr/include/openblas /usr/local/include \
                    /opt/homebrew/include /opt/homebrew/opt/*/include $(tr ':' ' ' <<<"${CPATH:-}"); do
        if [[ -e $folder/${1#header:} ]]; then return 0; fi
      done ;;
  esac
  return 1
}

package_manager() {
  local manager
  for manager in apt-get dnf pacman brew; do
    if command -v $manager >/dev/null; then echo $manager; return; fi
  done
}

missing_packages() { # WHO… → names of the missing packages in this machine's package manager
  local manager column who there apt dnf pacman brew
  manager=$(package_manager)
  packages | while read -r who there apt dnf pacman brew; do
    if [[ " $* " != *" $who "* ]] || is_there "$there"; then continue; fi
    case $manager in
      dnf) column=$dnf ;; pacman) column=$pacman ;; brew) column=$brew ;; *) column=$apt ;;
    esac
    echo "$column"
  done
}

# Prints the prefix of a command that installs packages: nothing or sudo. Fails if this user may not install packages.
# Without a terminal sudo must not ask for a password, because nobody could type it.
privilege() {
  if [[ $1 == brew || $(id -u) == 0 ]]; then return 0; fi
  command -v sudo >/dev/null || return 1
  if [[ -t 0 ]]; then echo sudo; else sudo -n true 2>/dev/null && echo "sudo -n"; fi
}

install_missing() { # WHO…
  local missing manager before command log
  missing=$(missing_packages "$@" | xargs)
  if [[ -z $missing ]]; then return; fi
  manager=$(package_manager)
  case $manager in
    apt-get) command="apt-get install -y --no-install-recommends" ;;
    dnf) command="dnf install -y" ;;
    pacman) command="pacman -Sy --needed --noconfirm" ;;
    brew) command="brew install" ;;
    *) die "missing packages (Debian's names): $missing. None of apt-get, dnf, pacman and brew was found to install them." ;;
  esac
  before=$(privilege "$manager") ||
    die "missing packages: $missing. This user may not install them; an administrator can: $command $missing"

  say "installing with $manager: $missing"
  log=$(mktemp)
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086 # $before, $command and $missing are meant to be split into words
  if ! { [[ $manager != apt-get ]] || $before apt-get update; } </dev/null >"$log" 2>&1 ||
     ! $before $command $missing </dev/null >>"$log" 2>&1; then
    tail -n 15 "$log" >&2
    rm -f "$log"
    die "could not install $missing; the lines above say why. To try by hand: $command $missing"
  fi
  rm -f "$log"
  just_installed=true
  missing=$(missing_packages "$@" | xargs)
  if [[ -n $missing ]]; then die "these packages were installed, but still are not found: $missing"; fi
}

# Is there a compiler for CUDA kernels, and a GPU that runs them?
has_nvcc() { command -v "${CUDACXX:-nvcc}" >/dev/null; }
has_gpu() { nvidia-smi -L >/dev/null 2>&1; }

is_configured() { # FOLDER OPTION=VALUE…
  local folder=$1 option
  shift
  [[ -e $folder/build.ninja || -e $folder/Makefile ]] || return 1
  for option in CMAKE_HOME_DIRECTORY="$root" "$@"; do
    grep -q "^${option%%=*}:[A-Z]*=${option#*=}\$" "$folder/CMakeCache.txt" || return 1
  done
}

# Configures a preset, if it is not configured with these options yet. CMake itself notices later changes of its files.
configure() { # PRESET OPTION=VALUE…
  local preset=$1 folder="$root/build/$1" option log arguments=()
  shift
  if ! $just_installed && is_configured "$folder" "$@"; then return; fi
  say "configuring build/$preset"
  if [[ ! -e $folder/CMakeCache.txt ]] || ! is_configured "$folder"; then
    arguments+=(--fresh)
    if command -v ninja >/dev/null; then arguments+=(-G Ninja); else arguments+=(-G "Unix Makefiles"); fi
  fi
  for option in "$@"; do arguments+=(-D "$option"); done
  log=$(mktemp)
  if ! cmake -S "$root" --preset "$preset" "${arguments[@]}" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    die "CMake could not configure build/$preset"
  fi
  rm -f "$log"
}

build() { # PRESET TARGET
  say "building build/$1 ($2) on $processors processors"
  cmake --build "$root/build/$1" --target "$2" --parallel "$processors" || die "the build of $2 in build/$1 failed"
}

# Builds the programs that tests/cuda/run_on_gpu runs, in build/PRESET.
build_for_gpu() { # PRESET ARCHITECTURES
  if ! has_nvcc; then die "nvcc was not found, so kernels for a GPU cannot be built; it comes with the CUDA toolkit"; fi
  install_missing build labs tests
  configure "$1" GRADUS_LABS=ON GRADUS_TESTS=ON CMAKE_CUDA_ARCHITECTURES="$2"
  build "$1" gpu_programs
}

# Builds for this machine's GPU, then tests and times Gradus on it.
run_on_gpu() { # ARGUMENTS of tests/cuda/run_on_gpu
  if ! has_gpu; then
    die "nvidia-smi finds no GPU on this machine; ./tests/run --pack makes an archive to run on one that has a GPU"
  fi
  build_for_gpu cuda native
  "$root/tests/cuda/run_on_gpu" --programs "$root/build/cuda/tests/cuda" --programs "$root/build/cuda/labs" \
    --programs "$root/build/cuda/tests/benchmarks/cuda" "$@"
}
