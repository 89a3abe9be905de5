/** What there is to beat: a Worker that parses the body and does nothing with it. */
export default {
  async fetch(request) {
    await request.json();
    return new Response();
  },
} satisfies ExportedHandler;
