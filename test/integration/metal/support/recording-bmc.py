"""
A BMC of python3-pyghmi, which shares no code with ipmitool and ipmi_sim. It keeps the boot flags byte by byte, as they came, and
gives them back. For each answer it prints what it was asked: `netfn command data`.

    recording-bmc.py PORT USER PASSWORD BUSY

The first BUSY requests for the power state are answered with the completion code "node busy".
"""

import sys

import pyghmi.ipmi.bmc as bmc

port, user, password, busy = sys.argv[1:]


class RecordingBmc(bmc.Bmc):
    power = 'off'
    flags = [0, 0, 0, 0, 0]
    busy = int(busy)

    def get_power_state(self):
        return self.power

    def power_on(self):
        self.power = 'on'

    def power_off(self):
        self.power = 'off'

    def power_reset(self):
        # 0xd5: command not supported in the present state.
        return None if self.power == 'on' else 0xD5

    def set_system_boot_options(self, request, session):
        data = list(request['data'])
        if data[0] & 0x7F == 5:
            self.flags = data[1:6]
        session.send_ipmi_response()

    def get_system_boot_options(self, request, session):
        if request['data'][0] != 5:
            return session.send_ipmi_response(code=0x80)
        session.send_ipmi_response(data=[1, 5, *self.flags])

    def handle_raw_request(self, request, session):
        words = [f'{request["netfn"]:02x}', f'{request["command"]:02x}']
        print(*words, bytes(request['data']).hex(' '), flush=True)
        if (request['netfn'], request['command']) == (0, 1) and self.busy > 0:
            self.busy -= 1
            return session.send_ipmi_response(code=0xC0)
        super().handle_raw_request(request, session)


RecordingBmc({user: password}, port=int(port), address='::').listen()
