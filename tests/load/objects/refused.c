// SPDX-License-Identifier: BSD-2-Clause
/* refused.c - objects that cannot be loaded, and that say why: -DCASE=1 and so on. */
#define SEC(name) __attribute__((section(name), used))

struct __sk_buff {
	unsigned int len, pkt_type, mark;
};

#if CASE == 1                 /* a function that is nowhere */
extern int elsewhere(int);
SEC("classifier") int cls_main(struct __sk_buff *skb)
{
	return elsewhere(skb->mark);
}
#elif CASE == 2               /* a variable that is nowhere */
extern int outside;
SEC("classifier") int cls_main(struct __sk_buff *skb)
{
	return outside;
}
#elif CASE == 3               /* a common symbol; compiled with -fcommon */
int everywhere;
SEC("classifier") int cls_main(struct __sk_buff *skb)
{
	return everywhere++;
}
#elif CASE == 4               /* CO-RE, in one of two programs */
struct task {
	int a, b;
} __attribute__((preserve_access_index));
SEC("classifier") int cls_main(struct __sk_buff *skb)
{
	return 7;
}
SEC("other") int cls_core(struct task *task)
{
	return task->b;
}
#elif CASE == 5               /* a map inside a map, as BTF */
struct inner {
	int (*type)[2];
	int (*max_entries)[1];
	int (*key_size)[4];
	int (*value_size)[4];
} inner SEC(".maps");
struct {
	int (*type)[12];
	int (*max_entries)[1];
	int (*key_size)[4];
	struct inner *values[];
} outer SEC(".maps") = { .values = { &inner } };
SEC("classifier") int cls_main(struct __sk_buff *skb)
{
	return 0;
}
#elif CASE == 6               /* nothing but .text */
int cls_main(struct __sk_buff *skb)
{
	return 0;
}
#elif CASE == 7               /* a member that no loader knows */
struct {
	int (*type)[2];
	int (*colour)[1];
} table SEC(".maps");
SEC("classifier") int cls_main(struct __sk_buff *skb)
{
	return 0;
}
#endif

char SEC("license") license_text[] = "GPL";
