#!/bin/sh
# An upload to a registry whose connection breaks in the middle of a chunk.
# Versions: docker-registry 2.8.2 (Debian 12).
# Guess:    a GET of the upload's address says how far it has come (Range), as the distribution specification has it, and the
#           client goes on from there.
# Seen:     between two chunks it does. Once half a chunk has arrived, the GET is answered with 404 BLOB_UPLOAD_INVALID, and the
#           upload with all the chunks before is gone.
# Matters:  a client that counts on it fails on a large image over a bad line; chunks are only a safe point if they are whole.
# Anneal:   begins that blob again, and bounds how often.
# Short:    docker-registry 2.8.2 | an upload that breaks off goes on where the registry has it | half a chunk ends the upload, with all that arrived before
set -eu
dir=$(mktemp -d)
. "$(dirname "$0")/lib.sh"

command -v python3 >/dev/null || skip 'python3 is missing'
start_registry
guess 'the registry says how far the upload has come: 204'

cat >"$dir/upload.py" <<'PY'
import http.client, json, sys, time
port, breaks = int(sys.argv[1]), sys.argv[2] == 'broken'
def ask(method, path, body=None, headers={}):
    line = http.client.HTTPConnection('127.0.0.1', port)
    line.request(method, path, body, headers)
    answer = line.getresponse()
    place = answer.getheader('location') or ''
    return answer, place.replace(f'http://127.0.0.1:{port}', ''), answer.read()
chunk = b'x' * 1000000
_, place, _ = ask('POST', '/v2/disks/a/blobs/uploads/')
_, place, _ = ask('PATCH', place, chunk, {'Content-Type': 'application/octet-stream', 'Content-Range': '0-999999'})
if breaks:
    line = http.client.HTTPConnection('127.0.0.1', port)
    line.putrequest('PATCH', place)
    for name, value in {'Content-Type': 'application/octet-stream', 'Content-Length': '1000000', 'Content-Range': '1000000-1999999'}.items():
        line.putheader(name, value)
    line.endheaders()
    line.send(chunk[:500000])
    line.close()
    time.sleep(1)
answer, _, body = ask('GET', place)
code = json.loads(body)['errors'][0]['code'] if body else answer.getheader('range')
print(answer.status, code)
PY
seen 'status behind a whole chunk' '204 0-999999' "$(python3 "$dir/upload.py" "$port" whole)"
seen 'status behind a chunk and a half' '404 BLOB_UPLOAD_INVALID' "$(python3 "$dir/upload.py" "$port" broken)"
