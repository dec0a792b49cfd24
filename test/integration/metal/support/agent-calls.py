"""Asks a conductor as Debian's ironic-python-agent does, by the agent's own client, and prints what comes of it as JSON:

    agent-calls.py URL MAC        looks up; each further line of standard input is a heartbeat: {"uuid", "token", …}
"""
import json
import sys

from oslo_config import cfg

from ironic_python_agent import config  # noqa: F401 (registers options)
from ironic_python_agent import errors
from ironic_python_agent import hardware
from ironic_python_agent import ironic_api_client

URL, MAC = sys.argv[1:]
cfg.CONF([])
client = ironic_api_client.APIClient(URL)


def say(value):
    print(json.dumps(value), flush=True)


try:
    nics = {'interfaces': [hardware.NetworkInterface('eth0', MAC)]}
    say(client.lookup_node(nics, timeout=1, starting_interval=0.1))
except errors.LookupNodeError as error:
    say({'error': str(error)})
for line in sys.stdin:
    asked = json.loads(line)
    client.agent_token = asked['token']
    try:
        client.heartbeat(asked['uuid'], ('127.0.0.1', 9999), **asked.get('more', {}))
        say({'version': '%d.%d' % client._get_ironic_api_version()})
    except errors.RESTError as error:
        say({'error': str(error)})
