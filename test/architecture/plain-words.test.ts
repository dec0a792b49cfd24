import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { filesBelow, ROOT } from '../../scripts/source/index.ts'

/** Wordings that readers had to read twice. `instead` is a plain form of `example`. */
const PATTERNS: readonly Readonly<{ pattern: RegExp; reason: string; example: string; instead: string }>[] = [
  {
    pattern: /\b(is|are|was|were|be) told\b/i,
    reason: 'hides who reports what, and reads like "is known"',
    example: 'what was not closed is told',
    instead: 'the report lists images that were not closed',
  },
  {
    pattern: /\bwho(m)?ever\b/i,
    reason: 'names nobody: say which user, process or program',
    example: 'whoever is in the kill set is moved',
    instead: 'guests in the kill set are moved',
  },
  {
    pattern: /\blest\b/i,
    reason: 'archaic',
    example: 'lest it start twice',
    instead: 'so that it does not start twice',
  },
  {
    pattern: /, too\b(?! \w)|\btoo(?=[.;:)]|$)/im,
    reason: 'arrives after the sentence is understood: put "also" before the verb',
    example: 'virtlogd is stopped, too',
    instead: 'Docker also stops virtlogd',
  },
  {
    pattern: /\bthe begin (of|or)\b|\bits begin\b/i,
    reason: 'is not English: start, or first digits',
    example: 'the begin of a commit',
    instead: 'the first digits of a commit',
  },
  {
    pattern: /\bwhat (is|was|are|were) [^.,:;|'`]{1,40} (is|are|was|were)\b/i,
    reason: 'a clause as a subject: name the thing',
    example: 'what is no reference is refused',
    instead: 'an invalid reference is refused',
  },
  {
    pattern: /\bmay be repeated\b|; repeatable\b/i,
    reason: 'one wording for one thing',
    example: 'adds an argument; repeatable',
    instead: 'Add an argument; can be repeated',
  },
  {
    pattern: /\banew\b/i,
    reason: 'archaic: say again, or new',
    example: 'the same command begins anew',
    instead: 'the same command starts again',
  },
  {
    pattern: /\bas it says (they|it) (are|is)\b/i,
    reason: 'a riddle of two pronouns',
    example: 'makes Ironic know the machines of an inventory, as it says they are',
    instead: 'Register the machines of an inventory with Ironic',
  },
  {
    pattern: /\b(is|are) none[.,;)]|\bis none$/im,
    reason: 'says what a thing is not by a pronoun: repeat the noun',
    example: 'a check that nobody has seen fail is none',
    instead: 'see each check fail before you trust it',
  },
  {
    pattern: /\b(is|be|are) no matter\b|\bno matter of\b/i,
    reason: 'an idiom that does not exist',
    example: 'is no matter of dispute',
    instead: 'is undisputed',
  },
  {
    pattern: /\bmend(s|ed|ing)?\b/i,
    reason: 'not the word of this field: repair, or correct',
    example: 'mend the package sources',
    instead: 'repair the package sources',
  },
  {
    pattern: /\bby way of\b/i,
    reason: 'long for "through"',
    example: 'deployed by way of Nova',
    instead: 'deployed through Nova',
  },
  {
    pattern: /\bcut short\b/i,
    reason: 'the word for files is truncated',
    example: 'the image is cut short',
    instead: 'the image is truncated',
  },
  {
    pattern: /\bone that stood\b|\bstood by\b/i,
    reason: 'a riddle: name the thing that waited',
    example: 'one that stood by and was stopped',
    instead: 'a libvirt that waited and was stopped',
  },
  {
    pattern: /\blead(s)? no\b|\bgets? to hear\b|\blook around\b/i,
    reason: 'an inversion or a figure of speech where a verb exists',
    example: 'Lead no name out of what was asked for',
    instead: 'Keep names inside the requested directory',
  },
  {
    pattern: /\b(is|are) warned of\b/i,
    reason: 'hides what warns, and keeps the thing in front of it',
    example: 'a mixed sector size is warned of',
    instead: 'Anneal warns of mixed sector sizes',
  },
  {
    pattern: /\bnothing has to be done\b/i,
    reason: 'long for "nothing to do"',
    example: 'nothing has to be done if that is meant',
    instead: 'nothing to do if you want that',
  },
  {
    pattern: /\b(for good|by turns|all the same|here and there)\b/i,
    reason:
      'an idiom that readers take word by word: permanently, alternately, nevertheless, at random positions',
    example: 'once or for good',
    instead: 'once or permanently',
  },
  {
    pattern: /(^|[.!] )Who\b(?![^.]*\?)/,
    reason: 'a person without a name as the subject: say which user, host or program',
    example: 'It is kept. Who knows the UUID can send it',
    instead: 'It is kept. A host that knows the UUID can send it',
  },
  {
    pattern: /\bbut for\b/i,
    reason: 'reads like the start of another clause: except',
    example: 'all cases but for the last four',
    instead: 'all cases except the last four',
  },
  {
    pattern: /\bt(akes?|aken|ook) (it |them )?off\b|\bcalled off\b|\bcall (it|them) off\b/i,
    reason: 'a verb in two parts where one exists: remove, cancel',
    example: 'wait until the task ends, or call it off',
    instead: 'wait until the task ends, or cancel it',
  },
  {
    pattern: /(^|[.;] )Of (an?|the|all|several|two|each|many|what)\b/,
    reason: 'an inversion: begin with the subject',
    example: 'Refused. Of an archive the only file is the image',
    instead: 'Refused. In an archive, the image is the only file',
  },
  {
    pattern: /\b(it|that|nothing|which|what .{1,30}) (is|are) said\b/i,
    reason: 'hides who says it: name the command, or use reports and warns',
    example: 'where it ends early, that is said',
    instead: 'if it ends early, Anneal warns',
  },
  {
    pattern: /\bbehind (CODE|the (path|last|first|inode|inodes|indices|image)|each other|one another)\b/i,
    reason: 'a place in a row or in a text is "after"',
    example: 'give one of these names behind the path',
    instead: 'give one of these names after the path',
  },
]

/** What people read: help and errors are in docs/commands.md and docs/errors.md. The changelog tells of the past. */
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'test/README.md',
  'docs/adr/README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

function hardWords(text: string): readonly string[] {
  return PATTERNS.flatMap(({ pattern, reason }) => {
    const found = pattern.exec(text)?.[0]
    return found === undefined ? [] : [`"${found.trim()}" (${reason})`]
  })
}

/** Paragraphs and rows of tables, each on one line, without code. */
function sentences(markdown: string): readonly string[] {
  return markdown
    .replaceAll(/^```(?!text)[\s\S]*?^```/gm, '')
    .split(/\n\s*\n|\n(?=\s*[-|\d])/)
    .map((part) => part.replaceAll(/`[^`]*`/g, 'CODE').replaceAll(/\s+/g, ' '))
}

/** `test('…'` and its like: [name, line]. */
function testNames(source: string): readonly string[] {
  return [...source.matchAll(/\b(?:test|it|describe)\(\s*(['"`])((?:\\.|(?!\1).)*)\1/g)].map(
    (match) => match[2] ?? '',
  )
}

describe('plain words', () => {
  for (const page of PAGES) {
    test(`${page} has no hard wording`, () => {
      const found = sentences(readFileSync(join(ROOT, page), 'utf8')).flatMap((sentence) =>
        hardWords(sentence).map((why) => `${why}: ${sentence.trim().slice(0, 200)}`),
      )
      assert.deepEqual(found, [])
    })
  }

  test('no name of a test has a hard wording', () => {
    const files = ['src', 'test', 'lab'].flatMap((folder) =>
      filesBelow(folder).filter((path) => path.endsWith('.test.ts')),
    )
    assert.ok(files.length > 100, `only ${files.length} files`)
    const found = files.flatMap((path) =>
      testNames(readFileSync(join(ROOT, path), 'utf8')).flatMap((name) =>
        hardWords(name).map((why) => `${path}: ${why}: ${name}`),
      ),
    )
    assert.deepEqual(found, [])
  })

  for (const { pattern, example, instead } of PATTERNS) {
    test(`finds a breach of ${String(pattern)}`, () => {
      assert.notDeepEqual(hardWords(example), [])
      assert.deepEqual(hardWords(instead), [])
    })
  }
})
