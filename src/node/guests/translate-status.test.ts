import assert from 'node:assert/strict'
import { test } from 'node:test'
import { samePlugged, translateStatus } from './translate-status.ts'

const FILE = `<domstatus state='running'>
  <qemuCaps>
    <flag name='kvm'/>
    <flag name='virtio-crypto'/>
  </qemuCaps>
  <domain type='qemu' id='1'>
    <devices>
      <disk type='file'/>
      <interface type='user'>
        <backend type='passt'/>
      </interface>
      <watchdog model='itco' action='reset'>
        <alias name='watchdog0'/>
      </watchdog>
      <watchdog model='i6300esb' action='reset'/>
    </devices>
  </domain>
</domstatus>
`

test('only the flags and elements named leave the file', () => {
  assert.equal(translateStatus(FILE, { flags: [], elements: [] }), FILE)
  const translated = translateStatus(FILE, {
    flags: ['virtio-crypto'],
    elements: ['itcoWatchdog', 'passtBackend'],
  })
  assert.equal(
    translated,
    FILE.replace("    <flag name='virtio-crypto'/>\n", '')
      .replace("        <backend type='passt'/>\n", '')
      .replace(/ {6}<watchdog model='itco'[\s\S]*?<\/watchdog>\n/, ''),
  )
  assert.match(translated, /<flag name='kvm'\/>/)
  assert.match(translated, /i6300esb/)
})

test('a flag element outside of the capabilities stays', () => {
  const other = FILE.replace('<devices>', "<devices><flag name='virtio-crypto'/>")
  assert.match(
    translateStatus(other, { flags: ['virtio-crypto'], elements: [] }),
    /<devices><flag name='virtio-crypto'\/>/,
  )
})

test('a plugged device makes two files of a guest differ, additions of a newer libvirt do not', () => {
  assert.equal(samePlugged(FILE, translateStatus(FILE, { flags: ['kvm'], elements: ['itcoWatchdog'] })), true)
  assert.equal(
    samePlugged(FILE, FILE.replace("<disk type='file'/>", "<disk type='file'/><disk type='file'/>")),
    false,
  )
})
