import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { draftRelease } from './draft.ts'
import { LABELS } from './names.ts'
import type { Release, ReleaseDraft } from './release.ts'
import { sealRelease } from './seal.ts'
import { toContainerSpec } from './to-container-spec.ts'
import type { TreeMap } from './tree.ts'

const DIGEST = `sha256:${'ab'.repeat(32)}`
const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`

function draft(libvirt: TreeMap = {}, top: TreeMap = {}): ReleaseDraft {
  const services = {
    libvirt: { image: `a/libvirt@${DIGEST}`, network_mode: 'host', pid: 'host', ...libvirt },
    compute: { image: DIGEST, network_mode: 'host', labels: { team: 'cloud' } },
  }
  const tree = { name: 'compute', services, ...top }
  const { draft: result, problems } = draftRelease({
    tree,
    directory: '/srv',
    envFiles: new Map(),
    lookup: () => undefined,
  })
  assert.deepEqual(problems, [])
  return result
}
const seal = (libvirt: TreeMap = {}, top: TreeMap = {}): Release =>
  sealRelease(draft(libvirt, top), sha256, 'c.yaml')
const digests = (release: Release): Record<string, string> =>
  Object.fromEntries(release.services.map((service) => [service.name, service.digest]))

test('the id is the digest of the normal form and does not change between versions of Anneal', () => {
  // A change here orphans every release that runs somewhere: count RELEASE_FORMAT up and say so in CHANGELOG.md.
  assert.equal(seal().id, 'sha256:f38dade8a5ede5945bec1f64c88e2204e9b0f38810079431bc31269cc63ce3ce')
})

test('a release with an image that may change has no id', () => {
  assert.throws(
    () => seal({ image: 'a/libvirt:1' }),
    (error: Error & { remedy?: string }) => {
      assert.match(error.message, /libvirt/)
      assert.match(error.remedy ?? '', /anneal node lock c\.yaml/)
      return true
    },
  )
})

test('what makes a container differ changes its service’s digest and no other', () => {
  const before = seal()
  for (const change of [
    { image: `a/libvirt@sha256:${'cd'.repeat(32)}` },
    { command: ['x'] },
    { environment: { A: '1' } },
    { volumes: ['/a:/a'] },
    { restart: 'always' },
    { stop_grace_period: '11s' },
    { labels: { a: '1' } },
  ]) {
    const after = seal(change)
    assert.notEqual(after.id, before.id)
    assert.notEqual(digests(after)['libvirt'], digests(before)['libvirt'], JSON.stringify(change))
    assert.equal(digests(after)['compute'], digests(before)['compute'])
  }
})

test('ranks and probes change the release and leave every container as it is', () => {
  const before = seal()
  const after = seal({ 'x-anneal': { order: 7, ready: [{ log: 'up' }] } })
  assert.notEqual(after.id, before.id)
  assert.deepEqual(digests(after), digests(before))
})

test('the container of a service carries the release in its name and labels', () => {
  const release = seal()
  const compute = release.services.find((service) => service.name === 'compute')
  assert.ok(compute)
  const spec = toContainerSpec(compute, release)
  assert.equal(spec.name, `compute-compute-${release.id.slice(7, 19)}`)
  assert.equal(spec.image, DIGEST)
  assert.equal(spec.stopGraceMs, 10_000)
  assert.deepEqual(spec.labels, {
    team: 'cloud',
    [LABELS.project]: 'compute',
    [LABELS.release]: release.id,
    [LABELS.service]: 'compute',
    [LABELS.serviceDigest]: compute.digest,
  })
})
