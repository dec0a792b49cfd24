import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { ROOT } from '../../../scripts/source/index.ts'

/** The completion scripts in the shells that they are for: what each offers for the beginning of a line. */
const run = promisify(execFile)
const ANNEAL = join(ROOT, 'anneal')

type Shell = Readonly<{
  name: string
  /** What the shell offers where the cursor stands, at the end of `line`; run in a folder that holds `disk.qcow2` and `out/`. */
  offered: (script: string, line: string, cwd: string) => Promise<readonly string[]>
}>

/** readline splits a line at `=`, too. */
const BASH = `
source "$1"
COMP_WORDS=() COMP_LINE=$2
for word in $2; do
  while [[ $word == *=* ]]; do COMP_WORDS+=("\${word%%=*}" =); word=\${word#*=}; [[ $word ]] || continue 2; done
  COMP_WORDS+=("$word")
done
[[ $2 == *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
_anneal
printf '%s\\n' "\${COMPREPLY[@]}"
`

/** A zsh in a terminal of its own presses the tab key; what it would offer is printed between two lines that say so. */
const ZSH_TYPIST = `
zmodload zsh/zpty
zpty typed zsh -f -i
zpty -w typed "source $1 $2"
while zpty -r typed line; do [[ $line == *prepared* ]] && break; done
zpty -w -n typed "$3"$'\\t'
while zpty -r typed line; do
  [[ $line == *'<end>'* ]] && exit 0
  [[ $line == *'<offer>'* ]] && print -r -- "\${\${line#*<offer>}%%$'\\r'*}"
done
`

const ZSH_OFFERS = `
PROMPT= RPROMPT=
unsetopt ZLE_BRACKETED_PASTE 2>/dev/null
autoload -U compinit && compinit -u -d ./.dump
bindkey '^I' complete-word
compadd() {
  if [[ "\${(@)argv[1,(i)(-|--)]}" == *-[OAD]* ]]; then builtin compadd "$@"; return; fi
  local -a hits
  builtin compadd -A hits "$@"
  for hit in $hits; do print -r -- "<offer>$hit"; done
}
finish() { print '<end>' }
comppostfuncs=(finish)
source $1
# What is typed before the line editor is up would not reach it.
zle-line-init() { print 'pre''pared' }
zle -N zle-line-init
`

const SHELLS: readonly Shell[] = [
  {
    name: 'bash',
    offered: async (script, line, cwd) =>
      linesOf(await run('bash', ['-c', BASH, 'bash', script, line], { cwd, timeout: 20_000 })),
  },
  {
    name: 'zsh',
    async offered(script, line, cwd) {
      const typist = join(cwd, '.typist')
      const offers = join(cwd, '.offers')
      await writeFile(typist, ZSH_TYPIST)
      await writeFile(offers, ZSH_OFFERS)
      return linesOf(await run('zsh', ['-f', typist, offers, script, line], { cwd, timeout: 20_000 }))
    },
  },
  {
    name: 'fish',
    async offered(script, line, cwd) {
      const code = `source ${script}; complete -C ${JSON.stringify(line)}`
      const env = { ...process.env, HOME: cwd, XDG_CONFIG_HOME: join(cwd, '.config') }
      return linesOf(await run('fish', ['--no-config', '-c', code], { cwd, env, timeout: 20_000 }))
    },
  },
]

/** fish gives a description behind a tab; a folder ends with a slash in some. */
function linesOf({ stdout }: Readonly<{ stdout: string }>): readonly string[] {
  const words = stdout.split('\n').map((line) => (line.split('\t')[0] ?? '').replace(/\/$/, '').trimEnd())
  return [...new Set(words.filter((word) => word !== ''))].toSorted()
}

for (const { name, offered } of SHELLS) {
  const isThere = spawnSync(name, ['-c', ':']).status === 0
  describe(`completion for ${name}`, { skip: isThere ? false : `needs ${name}` }, () => {
    let dir = ''
    let script = ''
    before(async () => {
      dir = await mkdtemp(join(tmpdir(), 'anneal-completion-'))
      script = join(dir, '.script')
      await writeFile(join(dir, 'disk.qcow2'), '')
      await mkdir(join(dir, 'out'))
      await writeFile(script, (await run(ANNEAL, ['completion', name])).stdout)
    })
    after(() => rm(dir, { recursive: true, force: true }))

    const offers = (line: string): Promise<readonly string[]> => offered(script, line, dir)

    it('completes the words of a command', async () => {
      assert.deepEqual(await offers('anneal no'), ['node'])
      assert.deepEqual(await offers('anneal node ro'), ['rollback'])
      const groups = await offers('anneal ')
      for (const word of ['image', 'metal', 'node', 'config', 'completion'])
        assert.ok(groups.includes(word), word)
    })

    it('completes the flags of the command, and of no other', async () => {
      assert.deepEqual(await offers('anneal node upgrade --resc'), ['--rescue'])
      assert.deepEqual(await offers('anneal node upgrade compose.yaml --on-f'), ['--on-failure'])
      assert.deepEqual(await offers('anneal image convert --resc'), [])
    })

    it('completes the values of a choice, behind a space and behind =', async () => {
      assert.deepEqual(await offers('anneal node upgrade --on-failure roll-f'), ['roll-forward'])
      const joined = await offers('anneal node plan --engine=pod')
      assert.deepEqual(
        joined.map((word) => word.replace(/^--engine=/, '')),
        ['podman'],
      )
    })

    it('completes an operand: a file, or a word of a list', async () => {
      assert.deepEqual(await offers('anneal image inspect di'), ['disk.qcow2'])
      assert.deepEqual(await offers('anneal image convert --format raw di'), ['disk.qcow2'])
      assert.deepEqual(await offers('anneal completion z'), ['zsh'])
    })

    it('offers directories alone where a directory is wanted, and no file for free text', async () => {
      assert.deepEqual(await offers('anneal node status --state o'), ['out'])
      assert.deepEqual(await offers('anneal node status --state di'), [])
      assert.deepEqual(await offers('anneal metal deploy di'), [])
    })
  })
}
