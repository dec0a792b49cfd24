import { setTimeout as sleep } from 'node:timers/promises'
import { raise } from './errors.ts'
import { engines } from './host-arguments.ts'
import type { Host } from './host.ts'
import { imageReference } from './image-recipe.ts'
import type { NestedEngine } from './seed.ts'
import { Silence } from './silence.ts'

/**
 * A control plane small enough for a test: RabbitMQ, nova-conductor and placement in one container on the compute host
 * itself, reached over its loop-back interface. The credentials are public defaults.
 */
const TRANSPORT = 'rabbit://guest:guest@127.0.0.1:5672/'

/** What the compute host's services read, by path on the host. */
export function openstackConfiguration(): Readonly<Record<string, string>> {
  return {
    '/etc/nova/nova.conf': `[DEFAULT]
compute_driver = libvirt.LibvirtDriver
transport_url = ${TRANSPORT}
state_path = /var/lib/nova
use_stderr = true
my_ip = 127.0.0.1
report_interval = 2
[placement]
auth_type = admin_token
token = admin
endpoint = http://127.0.0.1:8778
[oslo_concurrency]
lock_path = /var/lib/nova/tmp
[libvirt]
virt_type = qemu
cpu_mode = none
`,
    '/etc/neutron/neutron.conf': `[DEFAULT]
transport_url = ${TRANSPORT}
core_plugin = ml2
use_stderr = true
[oslo_concurrency]
lock_path = /var/lib/neutron/lock
[agent]
root_helper = sudo neutron-rootwrap /etc/neutron/rootwrap.conf
`,
    '/etc/neutron/plugins/ml2/linuxbridge_agent.ini': `[linux_bridge]
physical_interface_mappings =
bridge_mappings =
[vxlan]
enable_vxlan = false
[securitygroup]
enable_security_group = false
firewall_driver = noop
`,
    // The machine's kernel need not have the module: packets go through ovs-vswitchd itself.
    '/etc/neutron/plugins/ml2/openvswitch_agent.ini': `[ovs]
integration_bridge = br-int
datapath_type = netdev
bridge_mappings =
[agent]
tunnel_types =
report_interval = 5
[securitygroup]
enable_security_group = false
firewall_driver = noop
`,
  }
}

export type ComputeService = Readonly<{
  host: string
  disabled: number
  disabled_reason: string | null
  last_seen_up: string | null
  report_count: number
}>

const CONTROL = 'control'
/** A look takes a fifth of a second: the log is read every five seconds. */
const LOOKS_PER_LOG = 25

/** Writes the services' configuration and starts the control plane. Gives the seconds until nova-compute may register. */
export async function startControl(
  host: Host,
  options: { engine?: NestedEngine; silenceMs?: number } = {},
): Promise<number> {
  const { engine = engines(host.spec)[0] ?? 'docker', silenceMs = 120_000 } = options
  for (const [path, text] of Object.entries(openstackConfiguration())) {
    await host.sh(`mkdir -p "$(dirname ${path})"; cat >${path}`, { input: text })
  }
  // The Linux bridge agent names itself after a network card's address: the host has none of its own.
  await host.sh('[ -e /sys/class/net/lab0 ] || ip link add lab0 type veth peer name lab1')
  const started = performance.now()
  await host.must([
    engine,
    'run',
    '--detach',
    '--name',
    CONTROL,
    '--network',
    'host',
    imageReference('control:bookworm'),
  ])
  const silence = new Silence(silenceMs)
  for (let looks = 0; ; looks += 1) {
    const ready = await host.exec([engine, 'exec', CONTROL, 'test', '-e', '/run/control-ready'])
    if (ready.exitCode === 0) return (performance.now() - started) / 1000
    if (looks % LOOKS_PER_LOG === 0) {
      const state = await host.exec([engine, 'inspect', '--format', '{{.State.Status}}', CONTROL])
      const logs = await host.exec([engine, 'logs', '--tail', '10', CONTROL])
      const output = (logs.stdout + logs.stderr).trim()
      const ended = ['exited', 'dead'].includes(state.stdout.trim())
      if (ended || silence.over(output)) {
        throw raise('LAB_COMMAND_FAILED', {
          action: `start the control plane in ${silence.seconds} s`,
          command: `${engine} run ${CONTROL}`,
          exitCode: ready.exitCode,
          output: output || `its container is ${state.stdout.trim() || 'gone'} and printed nothing`,
        })
      }
    }
    await sleep(200)
  }
}

/** Nova's own record of its compute services. */
export async function computeServices(host: Host, engine?: NestedEngine): Promise<readonly ComputeService[]> {
  const chosen = engine ?? engines(host.spec)[0] ?? 'docker'
  const text = await host.must([chosen, 'exec', CONTROL, 'compute-services'])
  return text.trim() === '' ? [] : (JSON.parse(text) as readonly ComputeService[])
}
