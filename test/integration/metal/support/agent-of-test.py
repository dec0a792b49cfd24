"""Runs Debian's ironic-python-agent as a process of this machine, not of a machine of its own:

    agent-of-test.py DISK MAC CONFIGURATION

It is the agent's own program: its client of Ironic's API, its commands and what they do. Its hardware manager alone is told that the
machine has one disk (a loop device), one network interface and no UEFI, so that it does not touch what is here.
"""
import os
import sys

from ironic_python_agent.cmd import agent  # first: it registers the options
from ironic_python_agent import disk_utils
from ironic_python_agent import hardware

DISK, MAC, CONFIGURATION = sys.argv[1:]


class OneDisk(hardware.GenericHardwareManager):
    def list_block_devices(self, include_partitions=False, all_serial_and_wwn=False):
        size = int(open('/sys/block/%s/size' % os.path.basename(DISK)).read()) * 512
        several = (lambda one: [one]) if all_serial_and_wwn else (lambda one: one)
        return [hardware.BlockDevice(DISK, 'loop', size, False, serial=several('disk-of-test'), wwn=several(None),
                                     logical_sectors=512)]

    def list_network_interfaces(self):
        return [hardware.NetworkInterface('eth0', MAC, ipv4_address='127.0.0.1')]

    def get_boot_info(self):
        return hardware.BootInfo(current_boot_mode='bios')

    def wait_for_disks(self):
        pass

    def get_bmc_address(self):
        return None

    get_bmc_v6address = get_bmc_mac = get_bmc_address


def partprobe_with_nodes(device, attempts=None, _ask=disk_utils.partprobe):
    """Makes the nodes of partitions, where no udev does."""
    _ask(device, attempts) if attempts else _ask(device)
    name = os.path.basename(device)
    for one in os.listdir('/sys/block/' + name):
        node = '/dev/' + one
        if one.startswith(name + 'p') and not os.path.exists(node):
            major, minor = open('/sys/block/%s/%s/dev' % (name, one)).read().split(':')
            os.mknod(node, 0o600 | 0o060000, os.makedev(int(major), int(minor)))


if os.path.basename(DISK).startswith('loop'):
    disk_utils.partprobe = partprobe_with_nodes
    hardware._global_managers = [{'name': 'OneDisk', 'manager': OneDisk(), 'support': 1}]
    sys.argv = ['ironic-python-agent', '--config-file', CONFIGURATION]
    agent.run()
