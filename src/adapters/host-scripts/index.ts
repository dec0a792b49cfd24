export { mentionsEngine, readScript, scriptsIn } from './scripts-in.ts'
