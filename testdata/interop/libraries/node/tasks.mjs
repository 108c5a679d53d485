// Reads the tasks from standard input and writes an answer for each: {"yes": VALUE}, or {"no": the library's error}.
import { text } from "node:stream/consumers";

// answer has prepare(URL of the key set) give the functions by the names of tasks.
export async function answer(prepare) {
  const doc = JSON.parse(await text(process.stdin));
  const functions = prepare(doc.jwks);
  const answers = [];
  for (const task of doc.tasks) {
    try {
      answers.push({ yes: await functions[task.do](task) });
    } catch (e) {
      answers.push({ no: `${e.name}: ${e.message}` });
    }
  }
  process.stdout.write(JSON.stringify(answers));
}
