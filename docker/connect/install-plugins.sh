#!/bin/sh
# Downloads what LIST names into the new folder TARGET and checks every byte. Either TARGET is complete or it is absent.
#
#   install-plugins.sh LIST TARGET
#
# LIST is written from stack/artifacts.lock.json; its lines are
#   repository URL                 a Maven repository; CONNECT_MAVEN_URL in the environment wins over it
#   file SHA256 TARGET PATH        one file of the repository
#   archive SHA256 PATH            a tar.gz of the repository, of which the members that follow are kept
#   member SHA256 TARGET
#   inline SHA256 TARGET BASE64    the file itself
# The first folder of TARGET is not part of a member's name in its archive.
set -eu

list=$1
target=$2
if [ -e "$target" ]; then
  echo "$target exists already; remove it first" >&2
  exit 1
fi
mkdir -p "$(dirname "$target")"
work=$(mktemp -d "$target.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/done"

repository=${CONNECT_MAVEN_URL:-$(awk '$1 == "repository" { print $2 }' "$list")}
repository=${repository%/}

# The largest first: it decides when all is there.
awk -v work="$work" '
  $1 == "archive" { print 0, $3, work "/archives/" ++archives ".tar.gz" }
  $1 == "file"    { print 1, $4, work "/done/" $3 }
' "$list" | sort -n | awk -v repository="$repository" '
  { printf "url = \"%s/%s\"\noutput = \"%s\"\n", repository, $2, $3 }
' > "$work/downloads"
curl --fail --silent --show-error --location --create-dirs --retry 5 --retry-connrefused --connect-timeout 30 \
  --speed-limit 1 --speed-time 30 --parallel --parallel-max 8 --config "$work/downloads"

awk '$1 == "inline" { print $3, $4 }' "$list" | while read -r name content; do
  mkdir -p "$(dirname "$work/done/$name")"
  printf '%s' "$content" | base64 -d > "$work/done/$name"
done

# Archives are checked before they are unpacked.
check() {
  if command -v sha256sum > /dev/null; then sha256sum -c "$1"; else shasum -a 256 -c "$1"; fi > "$work/result" 2>&1 ||
    { grep -v ': OK$' "$work/result" >&2; exit 1; }
}
awk -v work="$work" '$1 == "archive" { print $2 "  " work "/archives/" ++archives ".tar.gz" }' "$list" > "$work/sums"
if [ -s "$work/sums" ]; then check "$work/sums"; fi
awk -v work="$work" '
  $1 == "archive" { ++archives }
  $1 == "member"  { print $3 > (work "/members." archives) }
' "$list"
for members in "$work"/members.*; do
  [ -e "$members" ] || continue
  folder=$(head -n 1 "$members" | cut -d / -f 1)
  cut -d / -f 2- "$members" > "$members.names"
  mkdir -p "$work/done/$folder"
  tar -xzf "$work/archives/${members##*.}.tar.gz" -C "$work/done/$folder" -T "$members.names"
done

# What lies there is what the list names: every file, and no other.
awk '$1 == "file" || $1 == "member" || $1 == "inline" { print $2 "  " $3 }' "$list" > "$work/sums"
(cd "$work/done" && check "$work/sums")
wanted=$(awk 'END { print NR }' "$work/sums")
found=$(find "$work/done" -type f | awk 'END { print NR }')
if [ "$found" != "$wanted" ]; then
  echo "$found files were unpacked, the list names $wanted" >&2
  exit 1
fi

chmod -R a+rX "$work/done"
mv "$work/done" "$target"
