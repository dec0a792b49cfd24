#!/bin/sh
# write-mime-multipart, which joins several parts of user data into one, with a JSON patch (#cloud-config-jsonp) as its second part.
# Versions: cloud-image-utils 0.33 (Debian 12; 0.34 does the same), cloud-init 22.4.2.
# Guess:    the patch gets the type text/cloud-config-jsonp: the program finds the type by the first line, and cloud-init knows this one.
# Seen:     text/cloud-config, since the line begins with #cloud-config. cloud-init takes the patch for a configuration, which a list is not,
#           and leaves it out. By itself, without the program, the same file is a patch. Exit code 0.
# Matters:  the guest has the settings from before the patch.
# Anneal:   writes seeds of one part.
# Short:    cloud-image-utils 0.33 (and 0.34), cloud-init 22.4.2 | `write-mime-multipart` gives a JSON patch the type by which cloud-init knows it | text/cloud-config: the patch is left out; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

command -v python3 >/dev/null || skip 'python3 is missing'
need cloud-init '22.4.2' dpkg-query -W cloud-init
plain=$PATH
debian_files c/cloud-utils/cloud-image-utils_0.33-1_all.deb
PATH=$plain LD_LIBRARY_PATH=
guess 'the host name is patched, each time'

cd "$dir"
printf '%s\n' '#cloud-config' 'hostname: first' >base
printf '%s\n' '#cloud-config-jsonp' '[{"op": "add", "path": "/hostname", "value": "patched"}]' >patch
cat >read.py <<'PY'
import os, sys, tempfile
from cloudinit import handlers, helpers, user_data
from cloudinit.handlers.cloud_config import CloudConfigPartHandler
folder = tempfile.mkdtemp(dir='.')
paths = helpers.Paths({'cloud_dir': folder, 'run_dir': folder})
handler = CloudConfigPartHandler(paths)
handler.cloud_fn = folder + '/out'
types = []
message = user_data.UserDataProcessor(paths).process(open(sys.argv[1]).read())
for part in message.walk():
    if part.get_content_maintype() == 'multipart':
        continue
    types.append(part.get_content_type())
    handler.handle_part(None, types[-1], part.get_filename(), part.get_payload(decode=True).decode(), None, part)
handler.handle_part(None, handlers.CONTENT_END, None, None, None, None)
name = [line for line in open(folder + '/out') if line.startswith('hostname')]
print(' '.join(types) + ', ' + ''.join(name).strip())
PY
reads() { /usr/bin/python3 -W ignore read.py "$1" 2>log || echo "no answer: $(tail -n 1 log)"; }
/usr/bin/python3 root/usr/bin/write-mime-multipart base patch >found 2>said && status=0 || status=$?
/usr/bin/python3 root/usr/bin/write-mime-multipart base patch:text/cloud-config-jsonp >named
seen 'exit code, lines of a message' '0, 0' "$status, $(wc -l <said)"
seen 'the patch by itself' 'text/cloud-config-jsonp, hostname: patched' "$(reads patch)"
seen 'with the type given' 'text/cloud-config text/cloud-config-jsonp, hostname: patched' "$(reads named)"
seen 'as the program finds it' 'text/cloud-config text/cloud-config, hostname: first' "$(reads found)"
