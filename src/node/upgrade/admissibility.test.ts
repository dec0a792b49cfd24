import assert from 'node:assert/strict'
import { test } from 'node:test'
import { admissibilityFindings, judgeAdmissibility } from './admissibility.ts'
import type { LibvirtFacts, Reading } from './admissibility.ts'

const facts = (version: string, machineTypes: string[]): LibvirtFacts => ({
  imageId: version,
  libvirtVersion: version,
  qemuVersion: version,
  machineTypes,
  writtenFlags: [],
})

const OLD = facts('9.0.0', ['pc-i440fx-7.2'])
const NEW = facts('11.3.0', ['pc-i440fx-7.2', 'pc-i440fx-10.0'])
const READS: Reading = { askedFlags: ['a'], unknownFlags: [], elements: [], refusedGuests: [] }
const guest = (machineType: string) => ({ uuid: 'u', name: 'one', machineType })

const judge = (back: Reading, machineType = 'pc-i440fx-7.2', guests = [guest(machineType)]) =>
  judgeAdmissibility(OLD, NEW, guests, { forward: READS, back })

test('flags that can be taken out leave a way back, a guest that is refused even so does not', () => {
  assert.equal(judge(READS).back.readability, 'reads')
  assert.equal(judge({ ...READS, unknownFlags: ['b'] }).back.readability, 'translates')
  const hidden = judge({ ...READS, unknownFlags: ['b'], refusedGuests: ['one'] })
  assert.equal(hidden.back.readability, 'hides')
  assert.equal(hidden.pointOfNoReturn, true)
})

test('a point of no return refuses, and warns the person who chose to go forward only', () => {
  const hidden = judge({ ...READS, refusedGuests: ['one'] })
  const severity = (onFailure: 'rollBack' | 'rollForward') =>
    admissibilityFindings(hidden, onFailure)[0]?.severity
  assert.equal(severity('rollBack'), 'refuse')
  assert.equal(severity('rollForward'), 'warn')
})

test('a new libvirt that refuses a guest stops the upgrade whatever was chosen', () => {
  const blind = judgeAdmissibility(OLD, NEW, [guest('pc-i440fx-7.2')], {
    forward: { ...READS, refusedGuests: ['one'] },
    back: READS,
  })
  assert.deepEqual(
    admissibilityFindings(blind, 'rollForward').map(({ code, severity }) => [code, severity]),
    [['LIBVIRT_CANNOT_READ_GUESTS', 'refuse']],
  )
})

test('without guests every direction is open', () => {
  assert.equal(judge({ ...READS, unknownFlags: ['b'] }, 'x', []).back.readability, 'reads')
})

test('a machine type that one side lacks is reported with the side', () => {
  const findings = admissibilityFindings(judge(READS, 'pc-i440fx-10.0'), 'rollBack')
  assert.deepEqual(
    findings.map(({ code, subject }) => [code, subject]),
    [['MACHINE_TYPE_NOT_THERE_YET', 'one']],
  )
})
