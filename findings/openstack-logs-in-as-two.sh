#!/bin/sh
# OS_CLOUD in a shell where an earlier openrc left OS_USERNAME, OS_PASSWORD and OS_PROJECT_NAME.
# Versions: python-openstackclient 6.0.0, openstacksdk 0.101.0, keystoneauth of Debian 12.
# Guess:    the entry of clouds.yaml counts, or the variables do: for the command and for the library that it is made of alike.
# Seen:     the library logs in as the cloud's user. The command logs in with name and password of the variables, into the project of
#           the cloud. Besides, `password: 012345` of clouds.yaml is 5349. No message.
# Matters:  a script by the SDK and the command beside it are two users: one sees the machines, the other gets 401, or another's.
# Anneal:   takes a cloud whole, as the SDK does; --cloud and variables are never mixed.
# Short:    openstackclient 6.0.0, openstacksdk 0.101.0 | with OS_CLOUD and an older openrc, command and library are one user | the command: the openrc’s user in the cloud’s project; the library: the cloud’s user
set -eu
dir=$(mktemp -d)
. "$(dirname "$0")/lib.sh"

need openstack 6.0.0 openstack --version
need openstack 0.101.0 dpkg-query -W python3-openstacksdk
guess 'one user, two times'

cd "$dir"
cat >keystone.py <<'PY'
# Keystone, as far as a login: writes down who comes, and refuses.
import http.server, json, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(200, {'version': {'id': 'v3.14', 'status': 'stable', 'links': [{'rel': 'self', 'href': url + '/v3/'}]}})
    def do_POST(self):
        auth = json.loads(self.rfile.read(int(self.headers['content-length'])))['auth']
        user = auth['identity']['password']['user']
        with open('logins', 'a') as log:
            print(user['name'], user['password'], auth['scope']['project']['name'], file=log)
        self.answer(401, {'error': {'message': 'refused', 'code': 401}})
    def answer(self, code, document):
        text = json.dumps(document).encode()
        self.send_response(code)
        self.send_header('content-type', 'application/json')
        self.send_header('content-length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)
    def log_message(self, *words):
        pass
server = http.server.HTTPServer(('127.0.0.1', 0), Handler)
url = 'http://127.0.0.1:%d' % server.server_port
with open('url', 'w') as file:
    file.write(url + '\n')
server.serve_forever()
PY
/usr/bin/python3 keystone.py &
server=$!
trap 'kill -9 "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$dir"' EXIT
for _ in 1 2 3 4 5 6 7 8 9 10; do
  [ -s url ] && break
  sleep 0.5
done
[ -s url ] || skip 'no server can be started here'
cat >clouds.yaml <<YAML
clouds:
  new:
    auth:
      auth_url: $(cat url)/v3
      username: cloud-user
      password: 012345
      project_name: cloud-project
      user_domain_name: Default
      project_domain_name: Default
YAML
for name in $(env | sed -n 's/^\(OS_[A-Z_]*\)=.*/\1/p'); do unset "$name"; done
export HOME="$dir" OS_CLOUD=new OS_USERNAME=rc-user OS_PASSWORD=rc-password OS_PROJECT_NAME=rc-project
openstack token issue >log 2>&1 || true
seen 'the command logs in as' 'rc-user rc-password cloud-project' "$(tail -n 1 logins 2>/dev/null)"
/usr/bin/python3 -W ignore -c 'import openstack; openstack.connect().authorize()' >log 2>&1 || true
seen 'the library logs in as' 'cloud-user 5349 cloud-project' "$(tail -n 1 logins)"
