/** How a phone app is set up to send health data here, and what it has sent. */
import type { FC } from "hono/jsx";
import type { Post } from "../../../store/posts.ts";
import { count, instant } from "./words.ts";

export const Bridge: FC<{ address: string; posts: Post[]; zone: string; hasKey: boolean }> = ({
  address,
  posts,
  zone,
  hasKey,
}) => (
  <section class="card" id="bridge">
    <div class="heading">
      <h2>Phone bridge</h2>
      <span class={posts.length > 0 ? "badge good" : "badge"}>
        {posts.length > 0 ? "Receiving" : "Waiting for the first post"}
      </span>
    </div>
    <p>
      Apple Health and Health Connect have no cloud. An app on the phone posts their data here, to this address and with
      this header:
    </p>
    <dl>
      <dt>Address (POST, JSON)</dt>
      <dd>
        <code class="secret" id="bridge-url">{`${address}/api/webhooks/ingest`}</code>
      </dd>
      <dt>Header</dt>
      <dd>
        <code class="secret">X-API-Key: qt_…</code>
        <small>
          {hasKey ? "The value is your API key" : "The value is an API key"}
          {" with the scope “ingest” – "}
          <a href="#keys">{hasKey ? "make one more" : "make one"}</a>.
        </small>
      </dd>
    </dl>
    <details>
      <summary>Health Auto Export on iPhone, step by step</summary>
      <ol>
        <li>
          Install “Health Auto Export – JSON+CSV” from the App Store and allow it to read all health data. Automations
          need its Premium version.
        </li>
        <li>Make an API key below and copy it: it is shown once.</li>
        <li>In the app: Automations → New automation → REST API.</li>
        <li>URL: the address above. Add a header with the key “X-API-Key” and your key as the value.</li>
        <li>
          Data type “Health Metrics”, all metrics; export format JSON, export version 2. Period: <em>Default</em>, which
          sends each day until it is complete (“Since Last Sync” misses values that are written late). Aggregation:
          Default, or Minutes.
        </li>
        <li>
          Make a second automation in the same way with the data type “Workouts”, with routes and workout metadata.
        </li>
        <li>
          Set the request timeout to 60 seconds or more, choose how often it syncs, and press “Manual export” once: the
          post appears below.
        </li>
      </ol>
      <p>
        The phone sends only while it is unlocked: data may come late and in bursts. A day that comes again changes
        nothing, or only what has grown.
      </p>
    </details>
    <details>
      <summary>Android, and trying it from a terminal</summary>
      <p>
        Health Connect exporters that post JSON (such as Health Connect Webhook) take the same address and header. From
        a terminal:
      </p>
      <pre>
        <code>{`curl -X POST ${address}/api/webhooks/ingest \\
  -H 'X-API-Key: qt_…' -H 'Content-Type: application/json' \\
  --data @export.json`}</code>
      </pre>
    </details>
    {posts.length > 0 ? <Posts posts={posts} zone={zone} /> : null}
  </section>
);

/** Why it was refused, or the first thing in it that was. */
function whyOf({ detail, rejections }: Post["answer"]): string {
  const [first] = rejections;
  return detail ?? (first ? `${first.pointer}: ${first.reason}` : "");
}

const Posts: FC<{ posts: Post[]; zone: string }> = ({ posts, zone }) => (
  <>
    <h3>Last posts</h3>
    <section class="scroll" tabindex={0} aria-label="Last posts, table">
      <table>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Answer</th>
            <th scope="col" class="number">
              Size
            </th>
            <th scope="col" class="number">
              Received
            </th>
            <th scope="col" class="number">
              New or changed
            </th>
            <th scope="col" class="number">
              Rejected
            </th>
          </tr>
        </thead>
        <tbody>
          {posts.map(({ at, status, bytes, answer }) => (
            <tr>
              <th scope="row">{instant(at, zone)}</th>
              <td>
                <span class={status < 300 ? "badge good" : "badge bad"}>
                  {status < 300 ? "Taken" : `Refused (${status})`}
                </span>
                <small class="why">{whyOf(answer)}</small>
              </td>
              <td class="number">{`${count(Math.ceil(bytes / 1024))} kB`}</td>
              <td class="number">{count(answer.received)}</td>
              <td class="number">{count(answer.written)}</td>
              <td class="number">{count(answer.rejected)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  </>
);
