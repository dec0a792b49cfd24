import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { isAnnealError } from '../core/index.ts'
import { parseReport } from './report.ts'

const REPORT = `version 1
firmware uefi
architecture x86_64
memory-mib 2048
cpus 4
system-uuid 4C4C4544-0000-1000-8000-000000000001
nic mac=52:54:00:77:01:01 name=eth0 carrier=1 speed=1000
nic mac=52:54:00:77:01:02 name=eth1 carrier=0 speed=-1
disk name=vda bytes=8589934592 sector=4096 rotational=0 model=An%20SSD%2525 serial=S1 erase=discard,nvme-format,%20
disk name=sda bytes=1000204886016 rotational=1 wwn=0x5000 hctl=0:0:0:0
`

describe('the report of a deploy ramdisk', () => {
  test('is read with what is unknown left out', () => {
    const { nics, disks, ...rest } = parseReport(REPORT)
    assert.deepEqual(rest, {
      firmware: 'uefi',
      architecture: 'x86_64',
      memoryMib: 2048,
      cpus: 4,
      systemUuid: '4c4c4544-0000-1000-8000-000000000001',
    })
    assert.equal('contents' in rest, false)
    assert.deepEqual(nics, [
      { mac: '52:54:00:77:01:01', name: 'eth0', carrier: true, speedMbit: 1000 },
      { mac: '52:54:00:77:01:02', name: 'eth1', carrier: false },
    ])
    assert.deepEqual(disks, [
      {
        name: 'vda',
        sizeBytes: 8_589_934_592,
        sectorSizeBytes: 4096,
        rotational: false,
        model: 'An SSD%25',
        serial: 'S1',
        eraseWays: ['discard', 'nvme-format'],
      },
      {
        name: 'sda',
        sizeBytes: 1_000_204_886_016,
        sectorSizeBytes: 512,
        rotational: true,
        wwn: '0x5000',
        hctl: '0:0:0:0',
      },
    ])
  })

  test('says what is on disks where the ramdisk looked', () => {
    const holds = 'holds disk=vda on=vda1 type=ext4 label=my%20data\nholds disk=sda on=sda unclear=1\n'
    assert.equal(parseReport(REPORT + holds).contents, undefined)
    assert.deepEqual(parseReport(`${REPORT}${holds}contents known\n`).contents, [
      { disk: 'vda', on: 'vda1', isUnclear: false, type: 'ext4', label: 'my data' },
      { disk: 'sda', on: 'sda', isUnclear: true },
    ])
    for (const wrong of ['holds on=vda', 'holds disk=vda on=sda1', 'holds disk=../x on=../x']) {
      assert.throws(
        () => parseReport(`${REPORT}${wrong}\n`),
        (error) => isAnnealError(error, 'RAMDISK_REPORT_INVALID'),
        wrong,
      )
    }
  })

  test('is refused where a line is not in order', () => {
    const wrong = [
      ['version 1', 'version 2'],
      ['firmware uefi', 'firmware coreboot'],
      ['cpus 4', 'cpus four'],
      ['mac=52:54:00:77:01:01', 'mac=52:54'],
      ['name=vda', 'name=../vda'],
      ['bytes=8589934592', 'bytes=99999999999999999999'],
      ['serial=S1', 'serial=%zz'],
      ['sector=4096', 'sector'],
    ] as const
    for (const [from, to] of wrong) {
      assert.throws(
        () => parseReport(REPORT.replace(from, to)),
        (error) => isAnnealError(error, 'RAMDISK_REPORT_INVALID'),
        to,
      )
    }
    assert.throws(
      () => parseReport(REPORT + 'disk name=x bytes=1\n'.repeat(300)),
      (error) => isAnnealError(error, 'RAMDISK_REPORT_INVALID'),
    )
  })

  test('never ends in another error, whatever is sent', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom(...REPORT.split('\n')),
      fc.tuple(fc.constantFrom('nic ', 'disk ', 'cpus ', 'holds '), fc.string()).map((two) => two.join('')),
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        try {
          parseReport(lines.join('\n'))
        } catch (error) {
          assert.ok(isAnnealError(error, 'RAMDISK_REPORT_INVALID'), String(error))
        }
      }),
      { numRuns: 500 },
    )
  })
})
