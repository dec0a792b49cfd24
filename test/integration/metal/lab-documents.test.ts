import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { removeLab } from '../../../lab/index.ts'
import { problemsOf } from '../../architecture/documents/schemas.ts'
import { runCommand } from '../../architecture/documents/run-command.ts'

/** Documents of labs that run: test/architecture/documents has those that files alone can tell. */
const LAB = `d${process.pid}`

after(() => removeLab(LAB))

async function printed(...words: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const { exit, stdout, stderr } = await runCommand('lab', ...words)
  assert.equal(exit, 0, stderr)
  const document = JSON.parse(stdout) as Readonly<Record<string, unknown>>
  assert.deepEqual(problemsOf(document), [], stdout)
  return document
}

test('the documents of a lab with machines have nothing but what their schemas name', async () => {
  const up = ['up', '--conductor', '--without-deploy-ramdisk', '--nodes', '1', '--lab', LAB]
  const { name, services } = await printed(...up)
  assert.equal(name, LAB)
  assert.ok(Object.values(services as object).some((pid) => typeof pid === 'number'))
  assert.equal((await printed('status'))['schema'], 'anneal.lab-status/1')
  assert.equal((await printed('nodes', '--lab', LAB))['schema'], 'anneal.lab-nodes/1')
})
