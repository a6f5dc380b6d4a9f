using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Islet.ControlPlane.Storage.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class AssetUse : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "UsedAt",
                table: "Assets",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0L);

            // what is there counts as used now: microseconds since the epoch
            migrationBuilder.Sql("UPDATE \"Assets\" SET \"UsedAt\" = CAST(strftime('%s', 'now') AS INTEGER) * 1000000");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "UsedAt",
                table: "Assets");
        }
    }
}
