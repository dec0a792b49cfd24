#!/bin/sh
# A Redfish collection in pages, read by sushy, through which Ironic talks to BMCs.
# Versions: sushy 4.3.3 (Debian 12); 5.13.0 does the same.
# Guess:    it follows "Members@odata.nextLink", as DSP0266 asks of a client, or compares "Members@odata.count" and says
#           that members are missing.
# Seen:     the first page is the collection: 2 of 4 interfaces. No error and no warning. get_members() twice, and refresh(), do not change it.
# Matters:  BMCs send long collections in pages of 50 or fewer: firmware, interfaces, drives, log entries. What is on the
#           next page is not inspected, and not updated.
# Anneal:   reads every page where it looks for the only system of a service.
# Short:    sushy 4.3.3 (and 5.13.0) | a Redfish collection in pages is read to its end | the first page is all; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

command -v python3 >/dev/null || skip 'python3 is missing'
debian_files p/python-sushy/python3-sushy_4.3.3-1_all.deb
guess 'A B C D'

cd "$dir"
cat >read.py <<'PY'
import http.server, json, logging, sys, threading
logging.basicConfig(level=logging.WARNING, stream=sys.stdout)
import sushy
SYSTEM = '/redfish/v1/Systems/1'
FOUR = SYSTEM + '/EthernetInterfaces'
def page(*names, more=None):
    members = [{'@odata.id': FOUR + '/' + name} for name in names]
    body = {'@odata.id': FOUR, '@odata.type': '#EthernetInterfaceCollection.EthernetInterfaceCollection', 'Name': 'Interfaces',
            'Members@odata.count': 4, 'Members': members}
    return dict(body, **{'Members@odata.nextLink': more}) if more else body
PAGES = {
    '/redfish/v1': {'@odata.id': '/redfish/v1', 'Id': 'RootService', 'Name': 'Root', 'RedfishVersion': '1.6.0', 'UUID': '92384634-2938-2342-8820-489239905423',
                    'Systems': {'@odata.id': '/redfish/v1/Systems'}, 'Links': {'Sessions': {'@odata.id': '/redfish/v1/SessionService/Sessions'}}},
    SYSTEM: {'@odata.id': SYSTEM, 'Id': '1', 'Name': 'machine', 'SystemType': 'Physical', 'EthernetInterfaces': {'@odata.id': FOUR},
             'Boot': {'BootSourceOverrideTarget': 'None'}, 'Actions': {'#ComputerSystem.Reset': {'target': SYSTEM + '/Actions/ComputerSystem.Reset'}}},
    FOUR: page('A', 'B', more=FOUR + '?$skip=2'),
    FOUR + '?$skip=2': page('C', 'D'),
}
for name in 'ABCD':
    PAGES[FOUR + '/' + name] = {'@odata.id': FOUR + '/' + name, 'Id': name, 'Name': name, 'MACAddress': '52:54:00:00:00:0' + name, 'Status': {'State': 'Enabled', 'Health': 'OK'}}
asked = []
class Bmc(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(self.path)
        body = PAGES.get(self.path.rstrip('/'))
        text = json.dumps(body or {}).encode()
        self.send_response(200 if body else 404)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Bmc)
threading.Thread(target=server.serve_forever, daemon=True).start()
bmc = sushy.Sushy('http://127.0.0.1:%d/redfish/v1' % server.server_port, auth=sushy.auth.BasicAuth('a', 'b'))
interfaces = bmc.get_system(SYSTEM).ethernet_interfaces
print('members=' + ' '.join(member.identity for member in interfaces.get_members()))
interfaces.refresh(force=True)
print('again=' + ' '.join(member.identity for member in interfaces.get_members()))
print('next=%d' % sum('$skip' in path for path in asked))
PY
PYTHONPATH=root/usr/lib/python3/dist-packages LD_LIBRARY_PATH= /usr/bin/python3 -W ignore read.py >out 2>log || skip "sushy does not run here: $(tail -n 1 log)"
says() { sed -n "s/^$1=//p" out; }
seen 'members' 'A B' "$(says members)"
seen 'members, after refresh' 'A B' "$(says again)"
seen 'requests for the next page' 0 "$(says next)"
seen 'lines of warning' 0 "$(grep -c WARNING out || true)"
