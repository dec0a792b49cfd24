import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileFindings, recordFindings, strandedFiles } from './guest-files.ts'

type Old = Parameters<typeof strandedFiles>[0]
type Next = Parameters<typeof strandedFiles>[1]

const bind = (source: string, target = source) => ({ type: 'bind', source, target, readOnly: false }) as const
const volume = (source: string, target: string) => ({ ...bind(source, target), type: 'volume' }) as const
const next = (...mounts: Next['container']['mounts'] extends readonly (infer M)[] ? M[] : never): Next =>
  ({ name: 'libvirt', container: { mounts } }) as unknown as Next
const container = (...mounts: Old['mounts']): Old => ({
  name: 'old',
  mounts,
  rootUpperDir: '/up',
  pid: 42,
})

const places = (old: Old, to: Next, ...files: readonly string[]): readonly string[] =>
  strandedFiles(old, to, [{ name: 'vm', files }]).map(({ lookAt }) => lookAt)

test('a file that both have at the same host path goes along, and devices always do', () => {
  const to = next(bind('/srv'))
  assert.deepEqual(places(container(bind('/srv')), to, '/srv/vm.img', '/dev/vg/vm', '/proc/1', 'rel'), [])
  assert.deepEqual(places(container(bind('/srv/vms')), to, '/srv/vms/vm.img'), [])
  const named = volume('vms', '/srv')
  assert.deepEqual(places(container(named), next(named as never), '/srv/vm.img'), [])
})

test('a file of the container’s own, of another directory or of another volume stays behind', () => {
  assert.deepEqual(places(container(), next(), '/srv/vm.img'), ['/up/srv/vm.img'])
  assert.deepEqual(places(container(), next(bind('/srv')), '/srv/vm.img'), ['/up/srv/vm.img'])
  assert.deepEqual(places(container(bind('/srv')), next(), '/srv/vm.img'), ['/srv/vm.img'])
  assert.deepEqual(places(container(bind('/mnt', '/srv')), next(bind('/srv')), '/srv/vm.img'), [
    '/mnt/vm.img',
  ])
  const anonymous = volume('5f'.repeat(32), '/srv')
  assert.deepEqual(places(container(anonymous), next(), '/srv/vm.img'), ['/proc/42/root/srv/vm.img'])
  const tmpfs = { ...bind('', '/srv'), type: 'tmpfs' } as const
  assert.deepEqual(places(container(tmpfs), next(), '/srv/vm.img'), ['/proc/42/root/srv/vm.img'])
  const elsewhere = { ...container(), rootUpperDir: undefined }
  assert.deepEqual(places(elsewhere, next(), '/srv/vm.img'), ['/proc/42/root/srv/vm.img'])
  const host: Old = { ...container(), hostUnit: { unit: 'libvirtd.service' } }
  assert.deepEqual(places(host, next(), '/srv/vm.img'), ['/srv/vm.img'])
  assert.deepEqual(places(host, next(bind('/srv')), '/srv/vm.img'), [])
})

test('a file that is there refuses once for each guest, the deleted one first; a missing file does not', () => {
  const old = container(bind('/data'))
  const to = next()
  const stranded = strandedFiles(old, to, [
    { name: 'vm', files: ['/data/a', '/srv/b'] },
    { name: 'bound', files: ['/data/c'] },
    { name: 'image', files: ['/usr/share/x'] },
  ])
  const found = fileFindings(old, to, stranded, new Set(['/data/a', '/up/srv/b', '/data/c']))
  assert.deepEqual(
    found.map(({ severity, code, subject, evidence }) => `${severity} ${code} ${subject}: ${evidence}`),
    [
      'refuse GUEST_FILE_STAYS vm: its file /srv/b (and 1 more) is inside the container "old", and is deleted with it: the guest could not be started again',
      'refuse GUEST_FILE_STAYS bound: its file /data/c is /data/c now and would be inside the container: the guest could not be started again',
    ],
  )
  assert.match(found[1]?.remedy ?? '', /bind \/data to \/data in service "libvirt"/)
  assert.deepEqual(fileFindings(old, to, stranded, new Set()), [])
})

test('a package’s file of the host, or where no upper directory tells it from the image’s, warns', () => {
  const firmware = '/usr/share/OVMF/OVMF_CODE_4M.fd'
  const host: Old = { ...container(), hostUnit: { unit: 'libvirtd.service' } }
  const noOverlay: Old = { ...container(), rootUpperDir: undefined }
  const severities = (old: Old, to: Next, ...files: readonly string[]): readonly string[] => {
    const stranded = strandedFiles(old, to, [{ name: 'vm', files }])
    const there = new Set(stranded.map(({ lookAt }) => lookAt))
    return fileFindings(old, to, stranded, there).map(({ severity, evidence }) => `${severity} ${evidence}`)
  }
  for (const old of [host, noOverlay]) {
    assert.match(severities(old, next(), firmware).join(), /^warn .* unless the image has that file$/)
    assert.match(severities(old, next(), firmware, '/srv/vm.img').join(), /^refuse its file \/srv\/vm\.img/)
    assert.match(severities(old, next(bind('/other', '/usr/share/OVMF')), firmware).join(), /^refuse /)
  }
  // What was written into a container's own layer is no image's.
  assert.match(severities(container(), next(), firmware).join(), /^refuse /)
})

test('a filter that a guest uses may come from the next image, if no directory of the host hides it', () => {
  const records = [{ path: '/etc/libvirt/nwfilter', names: ['clean-traffic.xml', 'mine.xml'] }]
  const host: Old = { ...container(), hostUnit: { unit: 'libvirtd.service' } }
  const severities = (filter: string, to: Next, brought: readonly string[]): readonly string[] =>
    recordFindings(host, to, records, [{ name: 'vm', xml: `<filterref filter='${filter}'/>` }], brought).map(
      ({ severity }) => severity,
    )
  assert.deepEqual(severities('clean-traffic', next(), ['clean-traffic.xml']), ['warn'])
  assert.deepEqual(severities('mine', next(), ['clean-traffic.xml']), ['refuse'])
  assert.deepEqual(severities('clean-traffic', next(), []), ['refuse'])
  const other = next(bind('/srv/libvirt', '/etc/libvirt'))
  assert.deepEqual(severities('clean-traffic', other, ['clean-traffic.xml']), ['refuse'])
})

test('records that stay behind warn, and refuse where libvirt would not start without them', () => {
  const filters = { path: '/etc/libvirt/nwfilter', names: ['mine.xml'] }
  const secrets = { path: '/etc/libvirt/secrets', names: ['a.xml', 'b.xml', 'c.xml', 'd.xml'] }
  const none = { path: '/etc/libvirt/storage', names: [] }
  const records = [filters, secrets, none]
  const codes = (old: Old, to: Next, xml: string): readonly string[] =>
    recordFindings(old, to, records, [{ name: 'vm', xml }]).map(
      ({ severity, evidence }) => `${severity} ${evidence.split(' ')[0]}`,
    )
  const [warnings, refusal] = [
    ['warn /etc/libvirt/nwfilter', 'warn /etc/libvirt/secrets'],
    ['refuse /etc/libvirt/nwfilter', 'warn /etc/libvirt/secrets'],
  ]
  assert.deepEqual(codes(container(), next(), '<domstatus/>'), warnings)
  assert.deepEqual(codes(container(), next(), "<filterref filter='mine'/>"), refusal)
  assert.deepEqual(codes(container(), next(), "<filterref filter='mine-too'/>"), warnings)
  assert.deepEqual(codes(container(bind('/etc/libvirt')), next(bind('/etc/libvirt')), ''), [])
  const host: Old = { ...container(), hostUnit: { unit: 'libvirtd.service' } }
  assert.deepEqual(codes(host, next(bind('/etc/libvirt/secrets')), ''), ['warn /etc/libvirt/nwfilter'])
})
