import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Process } from '../process.ts'
import type { CensusSources } from './take-census.ts'
import { OTHER, UUID, census, look, process, qemu, statusFile } from '../testing/processes.ts'

test('virtlogd is a helper of the guests whose console goes through it, and of nobody else', () => {
  const virtlogd = process('/usr/sbin/virtlogd', [])
  const logged = qemu(UUID, 'a', { stdout: 'pipe:[7]' }, ['-chardev', 'file,id=c,path=/dev/fdset/0'])
  const plain = qemu(OTHER, 'b')
  assert.deepEqual(
    census([virtlogd, logged, plain]).helpers.map(({ kind, guests }) => [kind, guests]),
    [['virtlogd', [UUID]]],
  )
  assert.deepEqual(census([virtlogd, plain]).helpers, [])
})

test('a helper is tied to its guest by UUID, socket, name, cgroup or descent', () => {
  const own = [{ hierarchy: 1, controllers: ['cpu'], path: '/machine/qemu-1-vm.libvirt-qemu/emulator' }]
  const vm = qemu(UUID, 'vm', { cgroups: own }, [
    '-chardev',
    'socket,id=n,path=/run/libvirt/qemu/passt/1-vm-net0.socket',
    '-object',
    '{"file":"/var/lib/libvirt/qemu/domain-1-vm/master-key.aes"}',
  ])
  const stranger = qemu(OTHER, 'stranger')
  const helpers = [
    process('/usr/bin/swtpm', [
      'socket',
      '--tpmstate',
      `dir=/var/lib/libvirt/swtpm/${UUID.toUpperCase()}/tpm2`,
    ]),
    process('/usr/bin/passt.avx2', ['--socket', '/run/libvirt/qemu/passt/1-vm-net0.socket']),
    process('/usr/bin/nbdkit', [
      '--unix',
      '/var/lib/libvirt/qemu/domain-1-vm/nbdkit.socket',
      '--pidfile=/run/1-vm-nbdkit.pid',
    ]),
    process('/usr/lib/qemu/virtiofsd', ['--fd=31', '-o', 'source=/srv'], { cgroups: own }),
    process('/usr/bin/slirp-helper', ['--fd', '3'], { ppid: vm.pid }),
    process('/usr/bin/dbus-daemon', ['--config-file=/run/libvirt/qemu/dbus/1-vm-dbus.conf']),
  ]
  const found = census([vm, stranger, ...helpers]).helpers
  assert.deepEqual(
    found.map(({ kind }) => kind),
    ['swtpm', 'passt', 'nbdkit', 'virtiofsd', 'slirp', 'dbus'],
  )
  for (const helper of found) assert.deepEqual(helper.guests, [UUID], helper.kind)
})

test('a helper that cannot be tied may be anybody’s', () => {
  const found = census([qemu(UUID, 'a'), qemu(OTHER, 'b'), process('/usr/lib/qemu/virtiofsd', ['--fd=31'])])
  assert.deepEqual(
    found.helpers.map(({ kind, guests }) => [kind, guests]),
    [['virtiofsd', []]],
  )
})

test('a process that serves a block device of the kernel over NBD may be anybody’s', () => {
  const guests = [qemu(UUID, 'a'), qemu(OTHER, 'b')]
  for (const exe of ['/usr/bin/qemu-nbd', '/usr/sbin/nbd-client', '/usr/bin/rbd-nbd']) {
    const [found] = census([...guests, process(exe, ['/dev/nbd0'])]).helpers
    assert.deepEqual([found?.kind, found?.guests], ['qemu-nbd', []], exe)
  }
})

test('a name that only begins like the guest’s ties nothing', () => {
  const vm = qemu(UUID, 'vm', {}, ['-object', '{"file":"/var/lib/libvirt/qemu/domain-1-vm/k"}'])
  const swtpm = process('/usr/bin/swtpm', ['--ctrl', 'path=/run/libvirt/qemu/swtpm/1-vmware-swtpm.sock'])
  assert.deepEqual(census([vm, qemu(OTHER, 'vmware'), swtpm]).helpers[0]?.guests, [])
})

test('a process that serves a file system is a helper of every guest, as far as it was looked at', () => {
  const gluster = process('/usr/sbin/glusterfs', ['--volfile-server=storage', '/var/lib/nova/mnt/0'])
  const opens = [{ kind: 'fuse', path: '/dev/fuse' }] as const
  const found = census([qemu(UUID, 'a'), gluster], { looks: [look(gluster, { opens })] }).helpers
  assert.deepEqual(
    found.map(({ kind, name, guests }) => [kind, name, guests]),
    [['file-system', 'glusterfs', []]],
  )
  assert.deepEqual(census([gluster], { looks: [look(gluster, { opens })] }).helpers, [])
})

test('a process that holds a socket which a guest names is its helper, whatever it is called', () => {
  const vm = qemu(UUID, 'vm', {}, ['-chardev', 'socket,id=c,path=/run/backend/a.sock'])
  const backend = process('/opt/vendor/backend', ['--config', '/etc/backend.json'])
  const found = (sockets: readonly string[], more: Partial<CensusSources> = {}) =>
    census([vm, qemu(OTHER, 'other'), backend], { looks: [look(backend, { sockets })], ...more }).helpers
  assert.deepEqual(
    found(['/run/backend/a.sock', '/run/other']).map(({ kind, name, guests }) => [kind, name, guests]),
    [['peer', 'backend', [UUID]]],
  )
  assert.deepEqual(found(['/run/backend/b.sock']), [])
  // A disk that was attached later stands in libvirt's file alone.
  const xml = "<host transport='unix' socket='/run/backend/b.sock'/>"
  const statusFiles = [statusFile(UUID, vm.pid, { xml })]
  assert.deepEqual(
    found(['/run/backend/b.sock'], { statusFiles }).map(({ kind, guests }) => [kind, guests]),
    [['peer', [UUID]]],
  )
  const libvirtd = process('/usr/sbin/libvirtd', [])
  const looks = [look(libvirtd, { sockets: ['/run/backend/a.sock'] })]
  assert.deepEqual(census([vm, libvirtd], { looks }).helpers, [], 'libvirt itself is what is replaced')
})

test('a process in a guest’s own cgroup is its helper, whatever it is called', () => {
  const cgroups = [
    { hierarchy: 0, controllers: [], path: '/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt' },
  ]
  const [helper, ...others] = census([
    qemu(UUID, 'vm', { cgroups }),
    process('/opt/x', [], { cgroups }),
  ]).helpers
  assert.deepEqual([helper?.kind, helper?.guests, others], ['companion', [UUID], []])
})

test('helpers are known under the names that NixOS gives them, and where their file was replaced', () => {
  for (const exe of ['/nix/store/a/bin/.swtpm-wrapped', '/usr/bin/swtpm (deleted)'])
    assert.equal(census([qemu(UUID, 'vm'), process(exe, ['socket'])]).helpers[0]?.kind, 'swtpm', exe)
})

test('backends of disks, of vhost-user devices and of metadata are helpers of whom they serve', () => {
  const vhost = qemu(UUID, 'vm', {}, [
    '-netdev',
    'vhost-user,chardev=c',
    '-chardev',
    'socket,id=c,path=/run/q.sock',
  ])
  const kinds = (...processes: readonly Process[]) =>
    census([vhost, qemu(OTHER, 'other'), ...processes]).helpers.map(({ kind, guests }) => [kind, guests])
  assert.deepEqual(kinds(process('/usr/sbin/ovs-vswitchd', ['--dpdk'])), [['vhost-user', [UUID]]])
  assert.deepEqual(kinds(process('/usr/libexec/vhost-user-gpu', [])), [['vhost-user', [UUID]]])
  assert.deepEqual(
    census([qemu(OTHER, 'other'), process('/usr/sbin/ovs-vswitchd', [])]).helpers,
    [],
    'no guest depends on the process of a switch in the kernel',
  )
  assert.deepEqual(kinds(process('/usr/bin/qemu-pr-helper', ['-k', '/run/q.sock'])), [
    ['qemu-pr-helper', [UUID]],
  ])
  assert.deepEqual(kinds(process('/usr/bin/qemu-nbd', ['-k', '/elsewhere'])), [['qemu-nbd', []]])
  assert.deepEqual(kinds(process('/usr/bin/slirp4netns', ['1'])), [])
  assert.deepEqual(
    kinds(
      process('/usr/sbin/haproxy', ['-f', '/var/lib/neutron/ns-metadata-proxy/a.conf']),
      process('/usr/sbin/haproxy', ['-f', '/etc/haproxy/web.cfg']),
    ),
    [['haproxy', []]],
  )
})

test('what routes for guests on a compute node is a helper, and the same programs elsewhere are not', () => {
  const id = '0c4bb2ab-28a7-4d4a-9f5e-3f1a4f0e2b11'
  const files = '/var/lib/neutron'
  const neutrons = [
    process('/usr/sbin/radvd', ['-C', `${files}/ra/${id}.radvd.conf`, '-p', '/p', '-m', 'syslog']),
    process('/usr/sbin/keepalived', ['-P', '-f', `${files}/ha_confs/${id}/keepalived.conf`]),
    process('/usr/bin/python3.13', ['/usr/bin/neutron-keepalived-state-change', `--router_id=${id}`]),
    process('/usr/sbin/conntrackd', ['-d', '-C', `${files}/ha_confs/${id}/conntrackd.conf`]),
    process('/usr/sbin/dibbler-client', ['start', '-w', `${files}/pd/a`]),
    process('/usr/sbin/sanlock', ['daemon']),
  ]
  const others = [
    process('/usr/sbin/radvd', ['-C', '/etc/radvd.conf']),
    process('/usr/sbin/keepalived', ['-f', '/etc/keepalived/keepalived.conf']),
    process('/usr/bin/python3', ['/usr/bin/neutron-l3-agent']),
    process('/usr/sbin/conntrackd', ['-d']),
    process('/usr/sbin/sanlock', ['client', 'status']),
  ]
  const { helpers } = census([qemu(UUID, 'a'), ...neutrons, ...others])
  assert.deepEqual(
    helpers.map(({ kind, guests }) => [kind, guests.length]),
    ['radvd', 'keepalived', 'keepalived', 'conntrackd', 'dibbler', 'sanlock'].map((kind) => [kind, 0]),
  )
})

test('dnsmasq is a helper where it serves the networks of guests', () => {
  const guests = [qemu(UUID, 'a')]
  for (const argument of [
    '--conf-file=/var/lib/libvirt/dnsmasq/default.conf',
    '--pid-file=/var/lib/neutron/dhcp/0a/pid',
    '--pid-file=/var/lib/nova/networks/nova-br100.pid',
    '--dhcp-script=/usr/bin/nova-dhcpbridge',
  ]) {
    const found = census([...guests, process('/usr/sbin/dnsmasq', [argument])]).helpers
    assert.deepEqual(
      found.map(({ kind, guests: served }) => [kind, served]),
      [['dnsmasq', []]],
      argument,
    )
  }
  assert.deepEqual(census([...guests, process('/usr/sbin/dnsmasq', ['-C', '/etc/dnsmasq.conf'])]).helpers, [])
})

test('what a release declares is needed while a guest runs, and nothing is where none does', () => {
  const haproxy = process('/usr/bin/haproxy', ['-f', '/var/lib/neutron/ns-metadata-proxy/x.conf'])
  const table = [process('/usr/bin/swtpm', ['socket']), process('/usr/sbin/virtlockd', []), haproxy]
  const declared = [{ exe: 'haproxy', argv: ['ns-metadata-proxy', '-f'] }]
  assert.deepEqual(census(table, { declared }).helpers, [])
  const other = [{ exe: 'ovs-vswitchd', argv: [] }]
  const kinds = (rules: typeof declared): readonly string[] =>
    census([qemu(UUID, 'vm'), haproxy, process('/usr/bin/ovs-vswitchd', [])], {
      declared: rules,
    }).helpers.map(({ kind, name }) => `${kind} ${name}`)
  assert.deepEqual(kinds(declared), ['declared haproxy'])
  assert.deepEqual(kinds(other), ['haproxy haproxy', 'declared ovs-vswitchd'])
})

test('a circle of parents, as a reading in the middle of changes may show, ends', () => {
  const a = process('/usr/bin/swtpm', ['socket'])
  const b = process('/bin/sh', [], { ppid: a.pid })
  assert.equal(census([qemu(UUID, 'vm'), { ...a, ppid: b.pid }, b]).helpers.length, 1)
})
