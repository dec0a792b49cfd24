import { openstackConfiguration } from '../openstack.ts'
import type { NestedEngine } from '../seed.ts'

/** Of Kolla's user nova, whom its qemu.conf gives the guests. */
export const NOVA_UID = 64_060

/** Image of the test bed by the name of Kolla's, `nova-libvirt` and so on. */
export type KollaImages = Readonly<Record<string, string>>

/** What each container is made of, by the tag that Kolla's settings name. */
export const KOLLA_TAGS: Readonly<Record<'one' | 'two', KollaImages>> = {
  one: {
    'nova-libvirt': 'kolla-nova-libvirt:bookworm',
    'nova-ssh': 'kolla-nova-ssh:bookworm',
    'nova-compute': 'kolla-nova-compute:bookworm',
  },
  two: {
    'nova-libvirt': 'kolla-nova-libvirt:bookworm-backports',
    'nova-ssh': 'kolla-nova-ssh:bookworm',
    'nova-compute': 'kolla-nova-compute:bookworm',
  },
}

export function kollaImage(image: string, tag: string): string {
  return `localhost/kolla/${image}:${tag}`
}

/**
 * /etc/kolla/globals.yml. Kolla's settings apart from: images of this host, no network but the loop-back, no KVM.
 * The guests' state is in named volumes, as Kolla has it by default. Where CAP_SYS_RESOURCE is missing, libvirt cannot give a guest Kolla's
 * limits, nor crun a container.
 */
export function globals(engine: NestedEngine, tag: string): string {
  return `kolla_base_distro: debian
kolla_container_engine: ${engine}
docker_registry: localhost
docker_namespace: kolla
openstack_tag: ${tag}
network_interface: lo
kolla_internal_vip_address: 127.0.0.1
nova_compute_virt_type: qemu
nova_compute_startup_delay: 1
qemu_max_files: 16384
qemu_max_processes: 8192
docker_registry_password:
libvirt_sasl_password: of-a-test-bed
nova_ssh_key:
  private_key: none
  public_key: none
${engine === 'podman' ? 'nova_libvirt_default_dimensions: {}\n' : ''}`
}

/** Where Kolla's roles run: this host is the only one of `compute`, and others are never asked. */
const INVENTORY = `[lab]
node ansible_connection=local ansible_python_interpreter=/usr/bin/python3

[compute]
node
`

/** Files of the configuration that no template of these roles makes, by their path. */
export function kollaFiles(): Readonly<Record<string, string>> {
  const nova = openstackConfiguration()['/etc/nova/nova.conf'] ?? ''
  return {
    // Kolla's filters ask for the version of what is installed.
    '/opt/kolla-ansible/kolla_ansible-0.dist-info/METADATA':
      'Metadata-Version: 2.1\nName: kolla-ansible\nVersion: 0\n',
    // As on every host that is no container: Kolla has /run bound with the propagation "shared".
    '/etc/systemd/system/shared-mounts.service': `[Unit]
DefaultDependencies=no
Before=sysinit.target

[Service]
Type=oneshot
ExecStart=mount --make-rshared /

[Install]
WantedBy=sysinit.target
`,
    '/etc/kolla/inventory': INVENTORY,
    '/etc/kolla/nova-compute/nova.conf': nova.replace(
      '[libvirt]\n',
      '[libvirt]\nconnection_uri = qemu+tcp://127.0.0.1/system\n',
    ),
    '/etc/kolla/nova-compute/compute_id': '8f4c1d5e-5f0e-4a3b-9d0c-0a1b2c3d4e5f\n',
    '/etc/kolla/nova-compute/hostnqn':
      'nqn.2014-08.org.nvmexpress:uuid:8f4c1d5e-5f0e-4a3b-9d0c-0a1b2c3d4e5f\n',
  }
}
