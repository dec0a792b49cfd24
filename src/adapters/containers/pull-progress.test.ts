import assert from 'node:assert/strict'
import { test } from 'node:test'

import { pullProgress } from './pull-progress.ts'
import type { PullLine } from './pull-progress.ts'

const down = (id: string, current: number, total: number): PullLine => ({
  status: 'Downloading',
  id,
  progressDetail: { current, total },
})

test('layers are summed, and a layer that starts again subtracts nothing', () => {
  const progress = pullProgress('r', 'Pull complete')
  const steps = [
    { status: 'Pulling from forge/hammer', id: 'sha256:1' },
    { status: 'Pulling fs layer', progressDetail: {}, id: 'a' },
    { status: 'Already exists', progressDetail: {}, id: 'b' },
    down('a', 10, 100),
    down('a', 60, 100),
    { status: 'Retrying in 5 seconds', id: 'a' },
    down('a', 5, 100),
    { status: 'Verifying Checksum', id: 'a' },
    { status: 'Download complete', id: 'a' },
    { status: 'Extracting', id: 'a', progressDetail: { current: 1, total: 100 } },
    { status: 'Pull complete', id: 'a' },
    { status: 'Digest: sha256:1' },
  ].flatMap((line) => progress(line) ?? [])
  assert.deepEqual(
    steps.map(({ doneBytes, totalBytes, layersDone, layersTotal }) => [
      doneBytes,
      totalBytes,
      layersDone,
      layersTotal,
    ]),
    [
      [0, 0, 0, 1],
      [0, 0, 1, 2],
      [10, 100, 1, 2],
      [60, 100, 1, 2],
      [100, 100, 1, 2],
      [100, 100, 2, 2],
    ],
  )
})

test('a layer is done with its download if no later step is reported', () => {
  const progress = pullProgress('r', 'Download complete')
  progress({ status: 'Pulling fs layer', id: 'a' })
  assert.equal(progress({ status: 'Download complete', id: 'a' })?.layersDone, 1)
})

test("a small layer's size is known from its extraction", () => {
  const progress = pullProgress('r', 'Pull complete')
  progress({ status: 'Pulling fs layer', id: 'a' })
  const step = progress({ status: 'Extracting', id: 'a', progressDetail: { current: 50, total: 100 } })
  assert.deepEqual([step?.doneBytes, step?.totalBytes], [100, 100])
})
