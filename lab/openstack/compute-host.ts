import { join } from 'node:path'
import type { Host } from '../host.ts'
import { openstackConfiguration } from '../openstack.ts'
import { must } from '../run.ts'
import { BRIDGE } from './network.ts'
import { computeNodeFiles } from './nova.ts'
import type { OpenStackLab } from './openstack-lab.ts'

/** Where the example's configs and secrets lie on a compute host. */
const ETC = '/etc/anneal/compute'
const INTERFACE = 'lab0'

/**
 * Gives a compute host a network card in a lab's network, and the configuration with which the containers of
 * examples/compute join that lab. Gives the host's address there. One host for each lab.
 */
export async function attachComputeHost(lab: OpenStackLab, host: Host): Promise<string> {
  const { namespace, subnet } = lab.description.network
  const address = `10.77.${subnet}.200`
  const inner = `c${subnet}`
  const pid = String(await host.pid())
  const wire = (words: string): Promise<string> =>
    must('wire the compute host', ['ip', '-netns', namespace, 'link', ...words.split(' ')])
  await wire(`add ${inner} type veth peer name ${INTERFACE} netns ${pid}`)
  await wire(`set ${inner} master ${BRIDGE} up`)
  await host.sh(`ip address add ${address}/24 dev ${INTERFACE}; ip link set ${INTERFACE} up`)

  const { settings, credentials } = computeNodeFiles(join(lab.directory, 'nova'), address)
  const transport = /^transport_url = .*$/m
  const neutron = openstackConfiguration()
  await write(host, 'nova.conf', settings, '644')
  await write(host, 'secrets/nova.conf', credentials, '444')
  await write(
    host,
    'neutron.conf',
    (neutron['/etc/neutron/neutron.conf'] ?? '').replace(transport, ''),
    '644',
  )
  await write(host, 'secrets/neutron.conf', `[DEFAULT]\n${transport.exec(credentials)?.[0] ?? ''}\n`, '444')
  await write(
    host,
    'linuxbridge_agent.ini',
    neutron['/etc/neutron/plugins/ml2/linuxbridge_agent.ini'] ?? '',
    '644',
  )
  return address
}

async function write(host: Host, name: string, text: string, mode: string): Promise<void> {
  const path = `${ETC}/${name}`
  await host.sh(`install -d "$(dirname ${path})"; cat >${path}; chmod ${mode} ${path}`, { input: text })
}
