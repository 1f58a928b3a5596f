#!/bin/sh
# Gathers pg_dump and pg_restore, and the libraries of theirs that another image lacks, as a tree to be copied over it.
# usage: postgres-client.sh <root of that image> <folder of the tree>
#
# A package manager in the final image would do the same, and would have to stay there.
set -eu
runtime=$1
tree=$2

# Scanners for vulnerabilities read which packages there are from this folder in images without a package manager.
packages=$tree/var/lib/dpkg/status.d

# take FILE FOLDER: copies one file, and notes the package that it comes from.
take() {
  mkdir -p "$tree$2" "$packages"
  cp -L "$1" "$tree$2/"
  owner=$(dpkg-query --search "$(realpath "$1")" | sed -n '1s/:.*//p')
  dpkg-query --status "$owner" >"$packages/$owner"
}

# Debian installs the programs of each PostgreSQL version in a separate folder. Only one version is installed.
for program in /usr/lib/postgresql/*/bin/pg_dump /usr/lib/postgresql/*/bin/pg_restore; do
  take "$program" /usr/bin
  # Lines of ldd: "libpq.so.5 => /lib/x86_64-linux-gnu/libpq.so.5 (0x…)".
  linked=$(ldd "$program")
  for library in $(printf '%s\n' "$linked" | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p'); do
    # On Debian /lib is /usr/lib, where the linker looks without being told.
    folder=/usr/lib/$(basename "$(dirname "$library")")
    name=$(basename "$library")
    if [ ! -e "$runtime$folder/$name" ] && [ ! -e "$runtime${folder#/usr}/$name" ]; then take "$library" "$folder"; fi
  done
done
