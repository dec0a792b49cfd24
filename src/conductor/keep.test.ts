import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { isAnnealError } from '../core/index.ts'
import { keepWishes, keptDisks } from './keep.ts'
import type { DiskContent, DiskFacts, MachineRecord } from './machine.ts'
import { chooseDisk, sameDisk } from './root-device.ts'

const GIB = 2 ** 30

function disk(name: string, more: Partial<DiskFacts> = {}): DiskFacts {
  return { name, sizeBytes: 100 * GIB, sectorSizeBytes: 512, rotational: false, ...more }
}

function content(on: string, more: Partial<DiskContent> = {}): DiskContent {
  return { disk: on.slice(0, 3), on, isUnclear: false, ...more }
}

const DISKS = [disk('vda'), disk('vdb', { serial: 'S-2' }), disk('vdc', { sizeBytes: 200 * GIB })]
const CONTENTS = [
  content('vda1', { type: 'ext4', label: 'Data', uuid: 'AB-1', partitionLabel: 'my data' }),
  content('vdb', { type: 'LVM2_member', volumeGroup: 'vg0' }),
  content('vdc2', { partitionUuid: '11-22' }),
]

function keptBy(...wishes: readonly string[]): readonly string[] {
  return keptDisks({ disks: DISKS, contents: CONTENTS }, wishes, 'one').map(({ disk: name }) => name)
}

function refused(act: () => unknown, code: string, why: RegExp): void {
  assert.throws(act, (error) => {
    assert.ok(isAnnealError(error, code), String(error))
    assert.match(error.message, why)
    return true
  })
}

describe('disks that are kept', () => {
  test('are found by what is on them and by their serial, whatever the case', () => {
    assert.deepEqual(keptBy('label=data'), ['vda'])
    assert.deepEqual(keptBy('uuid=ab-1'), ['vda'])
    assert.deepEqual(keptBy('partlabel=my data'), ['vda'])
    assert.deepEqual(keptBy('partuuid=11-22', 'vg=vg0'), ['vdb', 'vdc'])
    assert.deepEqual(keptBy('serial=s-2'), ['vdb'])
    assert.deepEqual(keptBy('label=vg0', 'vg=Data', 'serial=vda'), [])
  })

  test('are also those whose content is unclear', () => {
    const contents = [content('vda', { isUnclear: true }), content('vdb1', { type: 'LVM2_member' })]
    const found = (wish: string) =>
      keptDisks({ disks: DISKS, contents }, [wish], 'one').map((one) => one.disk)
    assert.deepEqual(found('label=x'), ['vda'])
    assert.deepEqual(found('vg=x'), ['vda', 'vdb'])
    assert.deepEqual(found('serial=x'), [])
  })

  test('are not guessed where the ramdisk does not look at them', () => {
    refused(() => keptDisks({ disks: DISKS }, ['vg=vg0'], 'one'), 'DISK_CONTENTS_UNKNOWN', /vg=vg0/)
    assert.equal(keptDisks({ disks: DISKS }, ['serial=S-2'], 'one').length, 1)
    assert.deepEqual(keptDisks({ disks: DISKS }, [], 'one'), [])
  })

  test('are named in properties and instance_info; what cannot be read is refused', () => {
    const machine = { uuid: 'u', properties: { anneal_keep: 'vg=a\nlabel=b' }, instanceInfo: {} }
    const wishes = (more: object) => keepWishes({ ...machine, ...more } as unknown as MachineRecord)
    assert.deepEqual(wishes({ instanceInfo: { anneal_keep: 'label=b\nserial=c' } }), [
      'vg=a',
      'label=b',
      'serial=c',
    ])
    refused(() => wishes({ properties: { anneal_keep: 'lable=b' } }), 'KEEP_INVALID', /lable=b/)
    refused(() => wishes({ properties: { anneal_keep: 7 } }), 'KEEP_INVALID', /no text/)
    refused(() => wishes({ properties: { anneal_keep: 'vg=' } }), 'KEEP_INVALID', /empty/)
  })

  test('are passed over where no hint names a disk, and refused where one does', () => {
    const kept = keptDisks({ disks: DISKS, contents: CONTENTS }, ['label=Data'], 'one')
    assert.equal(chooseDisk(DISKS, {}, 'one', kept).name, 'vdb')
    assert.equal(chooseDisk(DISKS, { name: '/dev/vdc' }, 'one', kept).name, 'vdc')
    const found = /disk vda must be kept: vda1 has the label "Data" of ext4/
    refused(() => chooseDisk(DISKS, { name: '/dev/vda' }, 'one', kept), 'DISK_KEPT', found)
    // The hint fits vdb as well, and may have meant vda.
    refused(() => chooseDisk(DISKS, { size: 100 }, 'one', kept), 'DISK_KEPT', found)
    const all = keptDisks(
      { disks: DISKS, contents: CONTENTS },
      ['label=Data', 'vg=vg0', 'partuuid=11-22'],
      'one',
    )
    refused(() => chooseDisk(DISKS, {}, 'one', all), 'DISK_KEPT', found)
  })

  test('are never chosen, whatever is on the disks and whatever is hinted', () => {
    const label = fc.constantFrom('a', 'b', undefined)
    const machines = fc.array(fc.tuple(label, fc.integer({ min: 1, max: 8 })), { maxLength: 5 })
    const hints = fc.constantFrom<Record<string, unknown>>({}, { size: '>= 4' }, { rotational: false })
    fc.assert(
      fc.property(machines, hints, (labels, root) => {
        const disks = labels.map(([, gib], index) => disk(`vd${index}`, { sizeBytes: gib * GIB }))
        const contents = labels.flatMap(([one], index) =>
          one === undefined ? [] : [content(`vd${index}`, { label: one })],
        )
        const kept = keptDisks({ disks, contents }, ['label=a'], 'one')
        try {
          const chosen = chooseDisk(disks, root, 'one', kept)
          assert.notEqual(labels[Number(chosen.name.slice(2))]?.[0], 'a')
        } catch (error) {
          assert.ok(isAnnealError(error), String(error))
        }
      }),
    )
  })
})

describe('a disk after a restart', () => {
  test('is found under another name by what it is', () => {
    const wanted = disk('vda', { serial: 'S-1' })
    const now = [disk('vda', { serial: 'S-2' }), disk('vdb', { serial: 'S-1' })]
    assert.equal(sameDisk(now, wanted)?.name, 'vdb')
    assert.equal(sameDisk([disk('vda', { serial: 'S-2' })], wanted), undefined)
  })

  test('is found by its name where nothing else tells, and only with its size', () => {
    assert.equal(sameDisk([disk('vda'), disk('vdb')], disk('vdb'))?.name, 'vdb')
    assert.equal(sameDisk([disk('vda')], disk('vda', { sizeBytes: GIB })), undefined)
    assert.equal(sameDisk([disk('vdb')], disk('vda')), undefined)
    const twins = [disk('nvme0n1', { serial: 'S' }), disk('nvme0n2', { serial: 'S' })]
    assert.equal(sameDisk(twins, disk('nvme0n2', { serial: 'S' }))?.name, 'nvme0n2')
    assert.equal(sameDisk(twins, disk('nvme1n1', { serial: 'S' })), undefined)
  })
})
