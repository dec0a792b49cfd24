import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseQemuCommandLine } from './qemu-command-line.ts'

const UUID = '6A8BD5B6-1C2E-4F6D-9D0A-0F6A54C6C001'

test('commas that are doubled belong to the name', () => {
  const line = parseQemuCommandLine(['qemu', '-name', 'guest=a,,b=c,,,debug-threads=on', '-uuid', UUID])
  assert.equal(line.name, 'a,b=c,')
  assert.equal(line.uuid, UUID.toLowerCase())
})

test('the old form of a name, and options with two dashes', () => {
  const line = parseQemuCommandLine(['kvm', '--name', 'old', '--uuid', UUID])
  assert.equal(line.name, 'old')
  assert.equal(line.uuid, UUID.toLowerCase())
})

test('without a UUID it is not a guest, whatever the first argument is', () => {
  assert.equal(parseQemuCommandLine(['/usr/bin/qemu-system-x86_64', '-name', 'x']).uuid, '')
  assert.equal(parseQemuCommandLine(['qemu', '-uuid']).uuid, '')
})

test('a capability probe is recognised by its machine type, in every form', () => {
  for (const machine of [
    ['-machine', 'none,accel=kvm:tcg'],
    ['-M', 'none'],
    ['-machine', 'type=none'],
    ['--machine', 'none'],
  ]) {
    assert.equal(parseQemuCommandLine(['qemu', '-S', ...machine]).probe, true, machine.join(' '))
  }
  for (const machine of [
    ['-machine', 'pc-i440fx-7.2,usb=off'],
    ['-M', 'nonesuch'],
    ['-name', 'none'],
  ]) {
    assert.equal(parseQemuCommandLine(['qemu', ...machine]).probe, false, machine.join(' '))
  }
})

test('console files are those that character devices write to', () => {
  const line = parseQemuCommandLine([
    'qemu',
    '-chardev',
    'file,id=a,path=/var/log/a,,b.log,append=on',
    '-chardev',
    'pty,id=b,logfile=/var/log/b.log,logappend=on',
    '-chardev',
    'socket,id=c,path=/run/c.sock,server=on',
    '-chardev',
    'file,id=d,path=/dev/null',
    '-chardev',
    '{"id":"e","backend":{"type":"file","data":{"out":"/var/log/e.log"}}}',
    '-drive',
    'file=/disk.img',
  ])
  assert.deepEqual(line.consoleFiles, ['/var/log/a,b.log', '/var/log/b.log', '/var/log/e.log'])
  assert.equal(line.writesToFdset, false)
})

test('a console on a descriptor that libvirt opened has no path here', () => {
  const line = parseQemuCommandLine(['qemu', '-chardev', 'file,id=charserial1,path=/dev/fdset/1,append=on'])
  assert.deepEqual(line.consoleFiles, [])
  assert.equal(line.writesToFdset, true)
})

test('the domain id is in the name of the guest’s directory', () => {
  const object =
    '{"qom-type":"secret","id":"masterKey0","file":"/var/lib/libvirt/qemu/domain-17-vm/master-key.aes"}'
  assert.equal(parseQemuCommandLine(['qemu', '-object', object]).domainId, 17)
  assert.equal(parseQemuCommandLine(['qemu']).domainId, undefined)
})

test('a text that is not JSON is skipped', () => {
  assert.deepEqual(parseQemuCommandLine(['qemu', '-chardev', '{"backend":']).consoleFiles, [])
})

test('the options of a QEMU tell it under any name, and those of another program do not', () => {
  const emulates = (...argv: string[]) => parseQemuCommandLine(['hv', ...argv]).emulates
  assert.equal(emulates('-machine', 'q35', '-m', '64', '-nodefaults', '-drive', 'file=a'), true)
  assert.equal(emulates('--accel', 'kvm', '--device', 'virtio-net', '--smp', '4'), true)
  assert.equal(emulates('-device', '/dev/sda', '-boot'), false)
  assert.equal(emulates('-name', 'x'), false)
})

test('the path of a guest’s files distinguishes the system’s libvirt from a user’s', () => {
  const key = (directory: string) => ['qemu', '-object', `{"file":"${directory}/domain-1-vm/master-key.aes"}`]
  assert.equal(parseQemuCommandLine(key('/var/lib/libvirt/qemu')).ofSystemLibvirt, true)
  assert.equal(parseQemuCommandLine(key('/home/a/.config/libvirt/qemu/lib')).ofSystemLibvirt, false)
})
