/** The options that `anneal node import` takes, against those that the installed engines list. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { DOCKER_OPTIONS, PODMAN_LISTS } from '../../../src/node/release/import/docker-flags.ts'

for (const engine of ['docker', 'podman']) {
  const { status, stdout } = spawnSync(engine, ['run', '--help'], { encoding: 'utf8' })
  const skip = status === 0 ? false : `${engine} is not installed`
  test(`import takes every option that ${engine} run lists, with a value where it has one`, { skip }, () => {
    const listed = [...stdout.matchAll(/^ +(?:-\w, )?--([a-z0-9-]+)(?: (\S+))?/gm)]
    assert.ok(listed.length > 80, stdout)
    const wrong = listed.flatMap(([, name = '', type]) => {
      const option = DOCKER_OPTIONS[name]
      const takes = type === undefined ? 'flag' : 'value'
      return name === 'help' || option?.takes === takes ? [] : [`--${name}: ${option?.takes ?? 'not known'}`]
    })
    assert.deepEqual(wrong, [])
  })
}

const { status, stdout } = spawnSync('podman', ['run', '--help'], { encoding: 'utf8' })
const skip = status === 0 ? false : 'podman is not installed'
test('import splits at commas what podman run lists as strings', { skip }, () => {
  const listed = [...stdout.matchAll(/^ +(?:-\w, )?--([a-z0-9-]+) strings/gm)].map(([, name = '']) => name)
  const kept = listed.filter((name) => {
    const kind = DOCKER_OPTIONS[name]?.to.kind
    return kind === 'list' || kind === 'special'
  })
  assert.ok(kept.length > 10, stdout)
  assert.deepEqual(
    kept.filter((name) => !PODMAN_LISTS.has(name)),
    [],
  )
})
