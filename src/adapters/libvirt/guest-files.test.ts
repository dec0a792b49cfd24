import assert from 'node:assert/strict'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { libvirtGuestFiles } from './guest-files.ts'
import { parseStatusFile } from './parse-status-file.ts'

const REAL = readFileSync(new URL('fixtures/status-9.0.0.xml', import.meta.url), 'utf8')
const unreadable = (says: RegExp) => (error: unknown) =>
  isAnnealError(error, 'STATUS_FILE_UNREADABLE') && says.test(error.message)

const directories: string[] = []
describe('the files of libvirt’s guests', () => {
  afterEach(() => {
    for (const directory of directories.splice(0)) rmSync(directory, { recursive: true })
  })

  function stateDir(files: Readonly<Record<string, string>>): string {
    const directory = mkdtempSync(join(tmpdir(), 'anneal-run-'))
    directories.push(directory)
    mkdirSync(join(directory, 'qemu'))
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, 'qemu', name), text)
    return directory
  }

  test('a status file of libvirt 9.0 gives the guest, its flags, its machine type and its console logs', () => {
    const { xml, capabilityFlags, ...file } = parseStatusFile('rec-vm.1', '/run/x.xml', REAL)
    assert.equal(xml, REAL)
    assert.equal(capabilityFlags.length, 199)
    assert.deepEqual([capabilityFlags.at(0), capabilityFlags.at(-1)], ['kvm', 'netdev.stream'])
    assert.deepEqual(file, {
      name: 'rec-vm.1',
      path: '/run/x.xml',
      uuid: '6a8bd5b6-1c2e-4f6d-9d0a-0f6a54c6c001',
      pid: 10258,
      domainId: 1,
      state: 'running',
      emulator: '/usr/bin/qemu-system-x86_64',
      machineType: 'pc-i440fx-7.2',
      consoleLogs: ['/var/lib/nova/rec-console.log', '/var/lib/nova/rec.tick'],
      files: ['/var/lib/nova'],
      storagePools: [],
      stdioLogd: true,
    })
  })

  test('the storage pools of a guest are those of its volumes and of what they lie on, however the XML is written', () => {
    const disk = (text: string): string => REAL.replace('<emulator>', `${text}<emulator>`)
    const pools = (text: string): readonly string[] => parseStatusFile('a', '/a.xml', disk(text)).storagePools
    assert.deepEqual(
      pools(`<disk type="volume" device='disk'><source volume='a.img' pool="a &amp; b"/></disk>`),
      ['a & b'],
    )
    assert.deepEqual(
      pools(
        `<disk type='file'><source file='/a'/><backingStore type='volume'><source pool='base' volume='b'/><backingStore/></backingStore></disk>`,
      ),
      ['base'],
    )
    assert.deepEqual(pools(`<!-- <disk type='volume'><source pool='no' volume='a'/></disk> -->`), [])
  })

  test('the files of a guest are its disks, what they lie on, its firmware, kernel and shared directories', async () => {
    const directory = stateDir({
      'vm.xml': `<!-- made by libvirt --><domain type='qemu'><name>vm</name>
        <os><type>hvm</type><loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE.fd</loader><nvram template='/t'>/nv/vm.fd</nvram><kernel>/boot/k</kernel></os>
        <devices>
          <disk type='file' device='disk'><source file='/srv/a &amp; b.qcow2'/><backingStore type='file'><source file='/srv/base'/><backingStore/></backingStore></disk>
          <disk type='block'><source dev='/dev/vg/vm'/></disk>
          <disk type='file' device='cdrom'><target dev='sda'/></disk>
          <disk type='network'><source protocol='rbd' name='pool/vm'/></disk>
          <filesystem type='mount'><driver type='virtiofs'/><source dir='/srv/share'/></filesystem>
        </devices></domain>`,
      'half.xml': '<domain><name>half</name>',
      'net.xml': '<network><name>default</name></network>',
      README: '',
    })
    const definitions = (from: string) => libvirtGuestFiles('/nowhere').definitions(from)
    assert.deepEqual(await definitions(join(directory, 'qemu')), [
      {
        name: 'vm',
        files: [
          '/boot/k',
          '/usr/share/OVMF/OVMF_CODE.fd',
          '/nv/vm.fd',
          '/srv/a & b.qcow2',
          '/srv/base',
          '/srv/share',
        ],
      },
    ])
    assert.deepEqual(await definitions('/nowhere'), [])
  })

  test('active storage pools are read as libvirt writes them, and a file that libvirt could not read is left out', async () => {
    const directory = stateDir({})
    mkdirSync(join(directory, 'storage'))
    const write = (name: string, text: string): void =>
      writeFileSync(join(directory, 'storage', `${name}.xml`), text)
    write('a & b', readFileSync(new URL('fixtures/pool-9.0.0.xml', import.meta.url), 'utf8'))
    write('half', "<poolstate><pool type='dir'><name>half</name>")
    assert.deepEqual(await libvirtGuestFiles(directory).pools(), [
      { name: 'a & b', type: 'dir', path: '/srv/a & b' },
    ])
  })

  test('only .xml files are status files, and a directory that is absent holds none', async () => {
    const files = await libvirtGuestFiles(
      stateDir({ 'a.xml': REAL, 'a.pid': '7', 'b.xml.new': 'half' }),
    ).statusFiles()
    assert.deepEqual(
      files.map((file) => file.path.replace(/^.*\/qemu\//, '')),
      ['a.xml'],
    )
    assert.deepEqual(await libvirtGuestFiles('/nonexistent').statusFiles(), [])
  })

  test('what libvirt could not read back is an error that names the file', () => {
    assert.throws(() => parseStatusFile('a', '/run/a.xml', REAL.slice(0, 900)), unreadable(/\/run\/a\.xml/))
    assert.throws(() => parseStatusFile('a', '/run/a.xml', ''), unreadable(/a\.xml/))
    assert.throws(
      () => parseStatusFile('a', '/run/a.xml', '<domain><uuid>x</uuid></domain>'),
      unreadable(/"domain"/),
    )
    assert.throws(() => parseStatusFile('a', '/run/a.xml', '<domstatus/>'), unreadable(/no domain/))
  })

  test('entities are not expanded, and nesting beyond all measure is an error, not a crash', () => {
    const bomb =
      '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><domstatus><domain><uuid>&b;</uuid></domain></domstatus>'
    assert.throws(() => parseStatusFile('a', '/run/a.xml', bomb), unreadable(/./))
    assert.throws(() => parseStatusFile('a', '/run/a.xml', '<domstatus>'.repeat(200_000)), unreadable(/./))
  })

  test('a status file is replaced whole, with the mode it had', async () => {
    const directory = stateDir({ 'a.xml': REAL })
    chmodSync(join(directory, 'qemu', 'a.xml'), 0o640)
    const files = libvirtGuestFiles(directory)
    await files.writeStatusFile('a', REAL.replace("pid='10258'", "pid='4'"))
    assert.equal((await files.statusFiles())[0]?.pid, 4)
    assert.equal(statSync(join(directory, 'qemu', 'a.xml')).mode & 0o777, 0o640)
    assert.deepEqual(readdirSync(join(directory, 'qemu')), ['a.xml'])
  })

  test('a status file that could not be read back is never written, nor one outside the directory', async () => {
    const files = libvirtGuestFiles(stateDir({ 'a.xml': REAL }))
    await assert.rejects(files.writeStatusFile('a', '<domstatus>'), unreadable(/./))
    await assert.rejects(files.writeStatusFile('../a', REAL), (error) =>
      isAnnealError(error, 'STATUS_FILE_UNWRITABLE'),
    )
    assert.equal((await files.statusFiles())[0]?.pid, 10258)
  })
})
