import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { runningJobs } from '../../node/index.ts'
import { parseStatusFile } from './parse-status-file.ts'

/** What a real libvirt wrote while this went on (fixtures/INDEX.md). */
function recorded(name: string): readonly string[] {
  const xml = readFileSync(new URL(`fixtures/jobs-${name}.xml`, import.meta.url), 'utf8')
  return runningJobs([parseStatusFile('jobs', '/run/libvirt/qemu/jobs.xml', xml)]).map(({ work }) => work)
}

const written = (xml: string): readonly string[] =>
  runningJobs([
    { ...parseStatusFile('jobs', '/x', '<domstatus><domain><uuid>1</uuid></domain></domstatus>'), xml },
  ]).map(({ work }) => work)

for (const version of ['9.0.0', '11.3.0']) {
  test(`work that libvirt ${version} does for a guest is seen in its status file`, () => {
    assert.deepEqual(recorded(`${version}-idle`), [])
    assert.deepEqual(recorded(`${version}-blockcopy`), ['a copy of disk vda'])
    assert.deepEqual(recorded(`${version}-blockcopy-ready`), [
      'a copy of disk vda, which waits for its end (pivot or abort)',
    ])
    assert.deepEqual(recorded(`${version}-backup`), ['a backup of its disks'])
    assert.deepEqual(recorded(`${version}-save`), [
      'a save of its memory to a file (managed save or `virsh save`)',
    ])
  })
}

test('each asynchronous job of libvirt is work, also one that is not known here', () => {
  for (const [job, work] of [
    ['migration out', 'a migration to another node'],
    ['migration in', 'a migration from another node'],
    ['snapshot', 'a snapshot'],
    ['dump', 'a dump of its memory'],
    ['teleport', 'a job of libvirt: teleport'],
  ]) {
    assert.deepEqual(
      written(`<domstatus><job type='none' async='${job}' flags='0x0'/><domain/></domstatus>`),
      [work],
    )
  }
})

test('a job that is over, and what the guest’s own definition says, are no work', () => {
  const over = `<blockjobs active='yes'><blockjob name='a' type='copy' state='concluded'><disk dst='vda'/></blockjob></blockjobs>`
  assert.deepEqual(written(`<domstatus>${over}<domain/></domstatus>`), [])
  const metadata = `<domain><metadata><job async='snapshot'/><blockjobs active='yes'/></metadata></domain>`
  assert.deepEqual(written(`<domstatus><job type='none' async='none'/>${metadata}</domstatus>`), [])
})

test('disks at work without a list of jobs count as work', () => {
  assert.deepEqual(written(`<domstatus><blockjobs active='yes'/><domain/></domstatus>`), [
    'work on its disks',
  ])
})

test('a reboot that a paused guest has not done is work, and one of a running guest is not', () => {
  const status = (state: string, reason: string, reboot: string): readonly string[] =>
    written(`<domstatus state='${state}' reason='${reason}' pid='7'>${reboot}<domain/></domstatus>`)
  assert.deepEqual(status('paused', 'user', '<fakereboot/>'), [
    'a reboot that it has not done, and it is paused: a libvirt that has it back resets it and lets it run',
  ])
  assert.deepEqual(status('running', 'booted', '<fakereboot/>'), [])
  assert.deepEqual(status('paused', 'user', ''), [])
  assert.deepEqual(status('paused', 'ioerror', '<fakereboot/>'), [])
})

test('an appliance of libguestfs, which ends with its program’s connection, is work', () => {
  const xml = '<domstatus><domain><uuid>1</uuid></domain></domstatus>'
  const named = (name: string): number => runningJobs([parseStatusFile(name, '/x', xml)]).length
  assert.equal(named('guestfs-0a1b2c3d4e5f6g7h'), 1)
  assert.equal(named('guestfs-tests'), 0)
})
